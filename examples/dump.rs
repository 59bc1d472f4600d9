fn main() {
    let a: Vec<String> = std::env::args().collect();
    tamis::train::dump(a[1].as_ref(), a[2].as_ref()).unwrap();
}
