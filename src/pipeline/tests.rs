use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

#[derive(Debug, PartialEq)]
enum Fault {
    Stop(u32),
    Threads,
}

impl From<ThreadPoolBuildError> for Fault {
    fn from(_: ThreadPoolBuildError) -> Self {
        Fault::Threads
    }
}

fn numbers(batches: u32, size: u32) -> impl Iterator<Item = Vec<u32>> + Send {
    (0..batches).map(move |n| (n * size..(n + 1) * size).collect())
}

#[test]
fn results_come_in_the_order_of_the_input() {
    for threads in [1, 2, 5] {
        let mut seen = Vec::new();
        let slow_when_even = |n: u32| {
            if n.is_multiple_of(2) {
                std::thread::sleep(std::time::Duration::from_micros(u64::from(n % 50)));
            }
            n * 10
        };
        let done = run(threads, numbers(20, 37), slow_when_even, |n| {
            seen.push(n);
            Ok::<(), Fault>(())
        });
        assert_eq!(done, Ok(()));
        assert_eq!(seen, (0..740).map(|n| n * 10).collect::<Vec<_>>());
    }
}

#[test]
fn a_slow_batch_does_not_hold_up_the_others() {
    // The first batch is not done before ten later ones are, on one other thread.
    let (done, others) = sync_channel::<()>(20);
    let others = Mutex::new(others);
    let work = |n: u32| {
        if n == 0 {
            (0..10).for_each(|_| others.lock().unwrap().recv().unwrap());
        } else {
            done.send(()).unwrap();
        }
        n
    };
    let mut seen = Vec::new();
    let in_flight = InFlight { most: 11, for_each_thread: 0 };
    let batches = (0..20).map(|n| (1, n));
    let ended = run_batches(2, in_flight, batches, work, |n| {
        seen.extend(n);
        Ok::<(), Fault>(())
    });
    assert_eq!(ended, Ok(()));
    assert_eq!(seen, (0..20).collect::<Vec<u32>>());
}

#[test]
fn what_is_in_flight_is_bounded_by_its_weight() {
    let (inside, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let weights = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 30, 9, 7, 9];
    let batches = weights.iter().map(|&weight| (weight, weight));
    let in_flight = InFlight { most: 10, for_each_thread: 1 };
    let work = |weight: usize| {
        most.fetch_max(inside.fetch_add(weight, Ordering::SeqCst) + weight, Ordering::SeqCst);
        weight
    };
    let ended = run_batches(2, in_flight, batches, work, |weight| {
        inside.fetch_sub(weight.unwrap_or(0), Ordering::SeqCst);
        Ok::<(), Fault>(())
    });
    assert_eq!(ended, Ok(()));
    // The one that is heavier than all that may be inside goes alone.
    assert_eq!(most.load(Ordering::SeqCst), 30);
}

#[test]
fn the_caller_hears_of_it_when_nothing_comes() {
    let in_flight = InFlight { most: 2, for_each_thread: 0 };
    let slow = |weight: usize| std::thread::sleep(5 * PATIENCE * u32::try_from(weight).unwrap());
    let (mut heard, mut done) = (0, 0);
    let ended = run_batches(1, in_flight, [(1, 1), (1, 0)].into_iter(), slow, |result| {
        *(if result.is_some() { &mut done } else { &mut heard }) += 1;
        Ok::<(), Fault>(())
    });
    assert_eq!((ended, done), (Ok(()), 2));
    assert!(heard > 0);
    let ended = run_batches(1, in_flight, [(1, 5)].into_iter(), slow, |result| match result {
        Some(()) => Ok(()),
        None => Err(Fault::Stop(7)),
    });
    assert_eq!(ended, Err(Fault::Stop(7)));
}

#[test]
fn a_text_is_cut_into_blocks_only_where_something_looks_at_them() {
    let rules = |signal: &str| {
        let text = format!(
            "format = 1\ncategory = 'quality'\n[rules.x]\nabout = 'X'\nscope = 'document'\n\
             action = 'flag'\nwhen = {{ signal = '{signal}', above = 1 }}\n"
        );
        Cleaner::new(RuleSet::from_text("t", &text).unwrap(), Survey::none()).unwrap()
    };
    let cut = |cleaner: &Cleaner, text: &str| {
        let outcome = cleaner.clean(Record::text("id", text)).unwrap();
        assert!(outcome.is_flagged() && outcome.text() == Some(text));
        outcome.page.blocks.len()
    };
    let plain = "The mill stands idle.\n\nIt did so for years.";
    assert_eq!(cut(&rules("word_count"), plain), 0);
    assert_eq!(cut(&rules("word_count").in_full(), plain), 2);
    assert_eq!(cut(&rules("block_count"), plain), 2);
    assert_eq!(cut(&rules("word_count"), "See [the mill](/m).\n\nIt is idle."), 2);
}

#[test]
fn a_language_is_detected_only_where_something_asks_for_it() {
    let text = "It is not that the mill was old, but that nobody had thought of what to do \
        with it when the river was low and there was no corn to be had from any of the farms \
        that stood above it on the hill, so they let it be until the year was over.";
    let language = |head: &str, in_full: bool, record: Record| {
        let rules = format!(
            "format = 1\ncategory = 'quality'\n[rules.x]\nabout = 'X'\nscope = 'document'\n\
             action = 'flag'\n{head}\n"
        );
        let rules = RuleSet::from_text("t", &rules).unwrap();
        let cleaner = Cleaner::new(rules, Survey::none()).unwrap();
        let cleaner = if in_full { cleaner.in_full() } else { cleaner };
        cleaner.clean(record).unwrap().info().language.clone()
    };
    let (words, stop_words, english) = (
        "when = { signal = 'word_count', above = 1 }",
        "when = { signal = 'stop_word_ratio', above = 0.1 }",
        "language = ['en']\nwhen = { signal = 'word_count', above = 1 }",
    );
    let record = || Record::text("id", text);
    assert_eq!(language(words, false, record()), None);
    assert_eq!(language(words, false, record().in_language("de-AT")).as_deref(), Some("de"));
    for (head, in_full) in [(words, true), (stop_words, false), (english, false)] {
        assert_eq!(language(head, in_full, record()).as_deref(), Some("en"), "{head}");
    }
}

#[test]
fn a_survey_must_count_what_the_rules_judge() {
    let lines = RuleSet::from_text("t", "format = 1\nsegment.unit = 'line'\n").unwrap();
    let survey = Survey::over(Settings::default(), []).unwrap();
    let error = Cleaner::new(lines.clone(), survey).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the survey does not fit the rules: it counts units of `block`, and the rules need units \
         of `line`: make it again with `tamis survey` and the same --rules (and --group-by)"
    );
    let fitting = Survey::over(lines.survey_settings(), []).unwrap();
    assert!(Cleaner::new(lines.clone(), fitting).is_ok());
}

#[test]
fn lines_are_counted_where_lines_are_judged() {
    let held = |unit: &str| {
        let rules = RuleSet::from_text("t", &format!("format = 1\nsegment.unit = '{unit}'\n"));
        let rules = rules.unwrap();
        let settings = rules.survey_settings();
        let record = Record::text("id", "- One item\n- Another");
        let place = record.location.clone();
        let survey = Survey::over(settings.clone(), [prints(record, &settings).unwrap()]).unwrap();
        let held = |text| survey.block(crate::text::fingerprint(text), &place).is_some();
        (held("- One item\n- Another"), held("- One item"))
    };
    assert_eq!((held("block"), held("line")), ((true, false), (false, true)));
}

#[test]
fn nothing_is_no_work() {
    let done = run(2, std::iter::empty::<Vec<u32>>(), |n| n, |_| Err(Fault::Threads));
    assert_eq!(done, Ok(()));
    let done = run(2, vec![Vec::<u32>::new(); 9].into_iter(), |n| n, |_| Err(Fault::Threads));
    assert_eq!(done, Ok(()));
}

#[test]
fn the_first_error_stops_reading_and_working() {
    let read = AtomicUsize::new(0);
    let endless = std::iter::repeat_with(|| {
        read.fetch_add(1, Ordering::Relaxed);
        vec![1u32; 8]
    });
    let mut taken = 0;
    let done = run(
        2,
        endless,
        |n| n,
        |_| {
            taken += 1;
            if taken == 20 { Err(Fault::Stop(taken)) } else { Ok(()) }
        },
    );
    assert_eq!(done, Err(Fault::Stop(20)));
    assert!(read.load(Ordering::Relaxed) < 20, "reading went on");
}

#[test]
fn a_fault_in_the_work_ends_the_run_and_hangs_nothing() {
    let result = std::panic::catch_unwind(|| {
        run(2, numbers(50, 10), |n| assert_ne!(n, 77), |()| Ok::<(), Fault>(()))
    });
    assert!(result.is_err());
}
