//! Extending, overriding, renaming, and the effective rules.

use std::fs;
use std::path::Path;

use super::super::{Action, Category, ContextPass, Effect, SegmentUnit, Status};
use super::{HEAD, RuleSet, evaluate, fired, rule, set};

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn rules_file(rest: &str) -> String {
    format!("{HEAD}{rest}")
}

#[test]
fn everything_a_rule_says_is_kept() {
    let set = set(
        "language = ['de']\n[rules.x]\nabout = 'A'\nwhy = 'W'\nsource = 'S'\nsince = '0.2'\nscope = 'block'\n\
         on = ['list', 'table']\nweight = -0.5\ngroup = 'g'\nstatus = 'preview'\ncategory = 'spam'\n\
         language = ['en', 'fr']\nhits = ['abc']\nmisses = ['x']\nhit-seeds = ['f:1']\nmiss-seeds = ['f:2']\n\
         replaces = ['y']\nwhen = { pattern = 'abc', at-least = 1 }\n\
         [rules.y]\nabout = 'B'\nscope = 'block'\naction = 'flag'\nwhen = { pattern = 'abc' }\n\
         [groups.g]\nmax-weight = 0.7\n",
    );
    let x = set.rule(set.by_name("t/x").unwrap());
    assert_eq!(x.effect, Effect::Weight(-0.5));
    assert_eq!(x.category, Category::Spam);
    assert_eq!(x.status, Status::Preview);
    assert_eq!(x.languages, ["en", "fr"]);
    assert_eq!(set.groups()[usize::from(x.group.unwrap().0)].max_weight, 0.7);
    assert_eq!(x.replaces, [set.by_name("t/y").unwrap()]);
    assert_eq!(
        (x.hit_seeds.as_slice(), x.miss_seeds.as_slice()),
        (&["f:1".into()][..], &["f:2".into()][..])
    );
    assert_eq!(x.since.as_deref(), Some("0.2"));
    let y = set.rule(set.by_name("t/y").unwrap());
    assert_eq!(y.category, Category::Quality);
    assert_eq!(y.languages, ["de"]);
    assert_eq!(y.effect, Effect::Action(Action::Flag));
    assert_eq!(y.file, "t");
}

#[test]
fn decide_and_unit_are_read() {
    let set =
        set("[segment]\nunit = 'line'\n[decide]\nremove-block-at = 2\ndrop-document-at = 3.5\n\
         flag-document-at = 0.25\nunsure-from = 0.1\nshort-below = 7\ncontext-reach = 8\n\
         context = 'none'\nguard-share = 0.5\nguard-spares = 9\nguard-action = 'flag'\n");
    let decide = set.decide();
    assert_eq!(set.unit(), SegmentUnit::Line);
    assert_eq!(decide.remove_block_at, 2.0);
    assert_eq!(decide.drop_document_at, 3.5);
    assert_eq!(decide.flag_document_at, 0.25);
    assert_eq!(decide.unsure_from, 0.1);
    assert_eq!((decide.short_below, decide.context_reach), (7, 8));
    assert_eq!(decide.context, ContextPass::None);
    assert_eq!((decide.guard_share, decide.guard_spares), (0.5, 9));
    assert_eq!(decide.guard_action, super::super::GuardAction::Flag);
}

#[test]
fn later_files_win_and_the_extending_file_wins_over_all() {
    let folder = tempfile::tempdir().unwrap();
    let at = |points: f64| rules_file(&format!("[decide]\nremove-block-at = {points}\n"));
    write(folder.path(), "a.toml", &at(1.5));
    write(folder.path(), "sub/b.toml", &at(2.5));
    let top = write(folder.path(), "top.toml", &rules_file(""));
    let with = |head: &str, rest: &str| {
        fs::write(&top, format!("extends = {head}\n{}", rules_file(rest))).unwrap();
        RuleSet::load([&top]).unwrap().decide().remove_block_at
    };
    assert_eq!(with("['./a.toml', './sub/b.toml']", ""), 2.5);
    assert_eq!(with("['./sub/b.toml', './a.toml']", ""), 1.5);
    assert_eq!(with("['./a.toml', './sub/b.toml']", "[decide]\nremove-block-at = 9\n"), 9.0);
    let (a, b) = (folder.path().join("a.toml"), folder.path().join("sub/b.toml"));
    let load = |paths: [&Path; 2]| {
        RuleSet::load(paths.map(|path| path.to_str().unwrap())).unwrap().decide().remove_block_at
    };
    assert_eq!(load([&a, &b]), 2.5);
    assert_eq!(load([&b, &a]), 1.5);
}

#[test]
fn a_file_reached_twice_is_read_once() {
    let folder = tempfile::tempdir().unwrap();
    let x = rule("x", "weight=1\nwhen={pattern='abc'}");
    write(folder.path(), "base.toml", &rules_file(&x));
    write(folder.path(), "a.toml", &format!("extends=['./base.toml']\n{}", rules_file("")));
    write(
        folder.path(),
        "b.toml",
        &format!("extends=['./base.toml', './sub/../base.toml']\n{}", rules_file("")),
    );
    fs::create_dir(folder.path().join("sub")).unwrap();
    let top = write(
        folder.path(),
        "top.toml",
        &format!(
            "extends=['./a.toml', './b.toml']\n{}",
            rules_file("[override.'base/x']\nweight=0.5\n")
        ),
    );
    let set = RuleSet::load([top]).unwrap();
    assert_eq!(set.rules().len(), 1);
    assert_eq!(set.rules()[0].effect, Effect::Weight(0.5));
}

#[test]
fn files_that_extend_one_another_in_a_ring_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let a = write(folder.path(), "a.toml", &format!("extends=['./b.toml']\n{}", rules_file("")));
    write(folder.path(), "b.toml", &format!("extends=['./a.toml']\n{}", rules_file("")));
    let errors = RuleSet::load([a]).unwrap_err();
    let error = &errors.errors()[0];
    assert!(error.message.ends_with("a.toml` extends itself"), "{errors}");
    assert!(error.place.as_ref().unwrap().file.ends_with("b.toml"));
}

#[test]
fn a_long_chain_of_files_is_no_trouble() {
    let folder = tempfile::tempdir().unwrap();
    for n in 0..300 {
        let extends = if n == 0 { "[]".to_owned() } else { format!("['./f{}.toml']", n - 1) };
        write(
            folder.path(),
            &format!("f{n}.toml"),
            &format!("extends={extends}\n{}", rules_file("")),
        );
    }
    RuleSet::load([folder.path().join("f299.toml").to_str().unwrap()]).unwrap();
}

#[test]
fn a_rule_defined_in_two_files_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let x = rules_file(&rule("x", "weight=1\nwhen={pattern='abc'}"));
    let one = write(folder.path(), "one/f.toml", &x);
    let two = write(folder.path(), "two/f.toml", &x);
    let errors = RuleSet::load([one, two]).unwrap_err();
    assert_eq!(errors.errors().len(), 1);
    assert!(
        errors.errors()[0].message.starts_with("rule `f/x` is defined twice, first at "),
        "{errors}"
    );
}

#[test]
fn mistakes_of_all_files_are_listed_and_none_is_made_up() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "broken.toml", "format = 1\n[rules.x\n");
    let top = write(
        folder.path(),
        "top.toml",
        &format!(
            "extends=['./broken.toml', './missing.toml']\n{}",
            rules_file("[override.'broken/x']\nweight=0.5\n[decide]\nguard-share = 7\n")
        ),
    );
    let errors = RuleSet::load([top]).unwrap_err();
    let messages: Vec<&str> = errors.errors().iter().map(|e| e.message.as_str()).collect();
    assert_eq!(messages.len(), 3, "{errors}");
    assert!(messages[0].starts_with("cannot read"));
    assert_eq!(messages[1], "`guard-share` is 7");
    assert!(messages[2].starts_with("not TOML"));
}

#[test]
fn phrases_may_stand_in_a_file_beside_the_rules() {
    let folder = tempfile::tempdir().unwrap();
    let list = write(folder.path(), "lists/more.txt", "# comment\nread more\n\n  read on  \n");
    let rules = rules_file(&rule("x", "weight=1\nwhen={phrases='./lists/more.txt'}"));
    let path = write(folder.path(), "r.toml", &rules);
    let set = RuleSet::load([&path]).unwrap();
    assert_eq!(fired(&set, &evaluate(&set, "Please read on")), ["x"]);
    assert!(evaluate(&set, "comment").hits.is_empty());
    let again = RuleSet::from_text("anything", &set.effective_toml()).unwrap();
    assert_eq!(again.hash(), set.hash());
    fs::write(&list, "read more\n\u{feff}\u{200b}\n").unwrap();
    let errors = RuleSet::load([&path]).unwrap_err();
    assert_eq!(errors.errors()[0].message, "a phrase in which nothing counts");
    assert!(errors.errors()[0].place.as_ref().unwrap().file.ends_with("more.txt"));
    fs::write(&list, b"\xff\xfe").unwrap();
    assert!(RuleSet::load([&path]).unwrap_err().errors()[0].message.starts_with("cannot read"));
    fs::write(&list, "# nothing\n").unwrap();
    assert_eq!(RuleSet::load([&path]).unwrap_err().errors()[0].message, "a list without phrases");
}

#[test]
fn every_number_has_an_address() {
    let set = set("[rules.x]\nabout='X'\nscope='block'\nweight=1\n\
         when.all.dense = { signal = 'char_count', above = 1 }\n\
         when.any.few = { signal = 'word_count', outside = [2, 3] }\n\
         when.none.slope = { signal = 'word_count', ramp = [4, 5] }\n\
         when.none.said = { phrases = ['abc'] }\n\
         [rules.y]\nabout='X'\nscope='block'\nweight=1\nwhen = { signal = 'char_count', at-most = 9 }\n\
         [override.x]\nthresholds = { 'dense.above' = 10, 'few.outside.low' = 2.5, 'few.outside.high' = 30, \
         'slope.ramp.from' = 40, 'slope.ramp.to' = 50, 'said.at-least' = 2 }\n\
         [override.y]\nthresholds = { at-most = 90 }\naction = 'flag'\nstatus = 'preview'\n");
    let x = set.rule(set.by_name("t/x").unwrap());
    let expected = [
        ("dense.above", 10.0),
        ("few.outside.low", 2.5),
        ("few.outside.high", 30.0),
        ("slope.ramp.from", 40.0),
        ("slope.ramp.to", 50.0),
        ("said.at-least", 2.0),
    ];
    let seen: Vec<(&str, f64)> =
        x.thresholds.iter().map(|known| (known.address.as_str(), known.value)).collect();
    assert_eq!(seen, expected);
    let y = set.rule(set.by_name("t/y").unwrap());
    let [most] = y.thresholds.as_slice() else { panic!("one number") };
    assert_eq!((most.address.as_str(), most.bound, most.value), ("at-most", "at-most", 90.0));
    assert_eq!((y.effect, y.status), (Effect::Action(Action::Flag), Status::Preview));
}

#[test]
fn a_later_override_wins() {
    let set = set(&format!(
        "{}[override.x]\nweight = 0.1\n[override.'t/x']\naction = 'drop'\n",
        rule("x", "weight=1\nwhen={pattern='abc'}")
    ));
    assert_eq!(set.rules()[0].effect, Effect::Action(Action::Drop));
}

#[test]
fn a_rule_taken_out_takes_its_parts_with_it() {
    let rules = format!(
        "{}{}{}",
        rule("inner", "action='part'\nwhen={pattern='abc'}"),
        rule("outer", "action='part'\nwhen={rule='inner'}"),
        rule("whole", "weight=1\nwhen={rule='outer'}\nreplaces=[]"),
    );
    let set = set(&format!("{rules}[override.whole]\nenabled = false\n"));
    assert!(set.rules().is_empty());
    let errors = super::errors(&format!("{HEAD}{rules}[override.outer]\nenabled = false\n"));
    assert_eq!(
        errors.errors()[0].message,
        "`t/whole` refers to `t/outer`, which an override takes out"
    );
}

#[test]
fn a_rule_taken_out_is_no_exception_to_others() {
    let rules = format!(
        "{}{}",
        rule("kept-from", "weight=1\nwhen={pattern='abc'}"),
        rule("user", "weight=1\nwhen.all.a={pattern='b'}\nwhen.none.x={rule='kept-from'}"),
    );
    let both = set(&rules);
    assert_eq!(fired(&both, &evaluate(&both, "abc")), ["kept-from"]);
    let one = set(&format!("{rules}[override.'t/kept-from']\nenabled = false\n"));
    assert_eq!(fired(&one, &evaluate(&one, "abc")), ["user"]);
    let again = RuleSet::from_text("again", &one.effective_toml()).unwrap();
    assert_eq!(again.hash(), one.hash());
}

#[test]
fn former_names_work_with_a_warning() {
    let set = set(&format!(
        "{}{}[override.'t/older']\nweight = 0.25\n[renamed]\n't/older' = 't/old'\n't/old' = 't/new'\n",
        rule("new", "weight=1\nwhen={pattern='abc'}\nhit-seeds=['a:b']\nmiss-seeds=['a:b']"),
        rule("user", "weight=1\nwhen={rule='old'}\nhit-seeds=['a:b']\nmiss-seeds=['a:b']"),
    ));
    assert_eq!(set.rule(set.by_name("t/new").unwrap()).effect, Effect::Weight(0.25));
    let messages: Vec<&str> = set.warnings().iter().map(|w| w.message.as_str()).collect();
    assert_eq!(messages, ["`t/old` is now named `t/new`", "`t/older` is now named `t/new`"]);
    assert_eq!(fired(&set, &evaluate(&set, "abc")), ["new", "user"]);
    let again = RuleSet::from_text("again", &set.effective_toml()).unwrap();
    assert_eq!(again.hash(), set.hash());
}

const RICH: &str = r#"
[segment]
unit = "line"
[decide]
guard-share = 0.75
[groups.g]
max-weight = 0.5
[rules.part-of]
about = "A part with \"quotes\", a \\ and a\ttab"
scope = "sentence"
action = "part"
when = { pattern = '''it's "\d{3,}"''', unicode = true, at-least = 2 }
[rules.whole]
about = "Ünïcödé"
scope = "block"
on = ["list"]
language = ["en"]
weight = 0.1
group = "g"
replaces = ["flagged"]
when.all.a = { signal = "char_count", at-least = 1, below = 70.5 }
when.all.r = { signal = "stop_word_ratio", ramp = [0.3, 0.1] }
when.any.b = { rule = "part-of" }
when.none.c = { phrases = ["Read  more", "don’t"] }
[rules.flagged]
about = "F"
scope = "block"
weight = -1e-7
status = "deprecated"
when = { signal = "word_count", outside = [50, 100_000] }
[rules.out]
about = "O"
scope = "block"
weight = 1
when = { pattern = "abc" }
[override.out]
enabled = false
"#;

#[test]
fn the_effective_rules_load_again_to_the_same() {
    let set = set(RICH);
    let text = set.effective_toml();
    let again =
        RuleSet::from_text("anything", &text).unwrap_or_else(|errors| panic!("{errors}\n{text}"));
    assert_eq!(again.hash(), set.hash());
    assert_eq!(set.hash().len(), 32);
    assert!(again.warnings().is_empty(), "{:?}", again.warnings());
    assert_eq!(format!("{:?}", again.decide()), format!("{:?}", set.decide()));
    assert_eq!(again.unit(), set.unit());
    assert_eq!(again.groups(), set.groups());
    for (a, b) in set.rules().iter().zip(again.rules()) {
        assert_eq!((&a.name, &a.about, &a.on, a.effect), (&b.name, &b.about, &b.on, b.effect));
        assert_eq!(
            (&a.languages, &a.replaces, &a.thresholds),
            (&b.languages, &b.replaces, &b.thresholds)
        );
        assert_eq!(
            (a.category, a.scope, a.status, a.group),
            (b.category, b.scope, b.status, b.group)
        );
        assert_eq!(format!("{:?}", a.condition), format!("{:?}", b.condition));
    }
    assert_eq!(set.rules().len(), 3);
}

#[test]
fn the_hash_tells_rule_sets_apart() {
    let hash = set(RICH).hash();
    assert_eq!(hash, set(RICH).hash());
    assert_ne!(hash, set(&RICH.replace("70.5", "70.25")).hash());
    assert_ne!(hash, set(&RICH.replace("don’t", "do not")).hash());
}

#[test]
fn values_from_other_files_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let x = "[rules.x]\nabout='X'\nscope='block'\nweight=1\nwhen={signal='char_count', above=3}\n";
    write(folder.path(), "base.toml", &rules_file(x));
    let over = "[override.'base/x']\nthresholds={above=9}\nweight=0.5\n[decide]\nshort-below=3\n";
    let top =
        write(folder.path(), "top.toml", &format!("extends=['./base.toml']\n{}", rules_file(over)));
    let set = RuleSet::load([&top]).unwrap();
    let text = set.effective_toml();
    assert!(text.contains(&format!("weight = 0.5  # from {top}\n")), "{text}");
    assert!(text.contains(&format!("above = 9 }}  # above from {top}\n")), "{text}");
    assert!(text.contains(&format!("short-below = 3  # from {top}\n")), "{text}");
    assert!(text.contains("scope = \"block\"\n"));
    assert_eq!(RuleSet::from_text("r", &text).unwrap().hash(), set.hash());
}

#[test]
fn signals_in_force_are_listed_once_and_sorted() {
    let set = set(RICH);
    let names: Vec<&str> = set.signals().iter().map(|id| id.signal().name).collect();
    assert_eq!(names.len(), 3);
    assert!(set.signals().is_sorted());
    assert_eq!(set.needs_survey(), None);
}

#[test]
fn an_empty_set_does_nothing() {
    let set = RuleSet::default();
    assert!(evaluate(&set, "text").hits.is_empty());
    assert!(!set.has_scope(crate::document::Scope::Block));
}

#[test]
fn no_name_is_an_error() {
    assert!(RuleSet::load(Vec::<String>::new()).is_err());
}

#[test]
fn a_set_can_be_shared_between_threads() {
    fn shared<T: Send + Sync + Clone + 'static>(_: &T) {}
    shared(&RuleSet::default());
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_do_no_harm() {
    let text = rules_file(&rule("x", "weight=1\nwhen={pattern='abc'}")).replace('\n', "\r\n");
    assert!(RuleSet::from_text("t", &text).is_ok());
    assert!(RuleSet::from_text("t", &format!("\u{feff}{text}")).is_ok());
}
