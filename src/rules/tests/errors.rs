//! Every kind of mistake, its message and its place.

use super::super::check;
use super::{HEAD, RuleSet, errors, rule};

/// A rule whose `when` is at line 7 of the file.
fn with(when: &str) -> String {
    format!("{HEAD}[rules.x]\nabout = 'X'\nscope = 'block'\nweight = 1.0\n{when}\n")
}

#[track_caller]
fn one(text: &str, expected: &str) {
    let errors = errors(text);
    let first: Vec<String> = errors
        .errors()
        .iter()
        .map(|e| e.to_string().lines().next().unwrap_or("").to_owned())
        .collect();
    assert_eq!(first, [expected], "\n{text}");
}

#[test]
fn mistakes_of_a_file_are_reported_at_their_place() {
    let good = "[rules.x]\nabout='X'\nscope='block'\nweight=1\nwhen={pattern='abc'}\n";
    for (text, expected) in [
        ("", "t:1:1: no `format` in a rules file"),
        ("format = 2", "t:1:10: `format` is 2"),
        ("format = '1'", "t:1:10: `format` is a string"),
        ("format = 1\nabuot = 'x'", "t:2:1: unknown key `abuot` in a rules file"),
        ("format = 1\nabout = 7", "t:2:9: `about` is a number"),
        ("format = 1\nlanguage = 'en'", "t:2:12: `language` is a string"),
        ("format = 1\nlanguage = ['en', 'deu']", "t:2:19: `deu` is no language"),
        ("format = 1\ncategory = 'spma'", "t:2:12: `category` cannot be `spma`"),
        ("format = 1\nextends = [1]", "t:2:12: `extends` is a number"),
        (
            "format = 1\nextends = ['nothing-of-that-name']",
            "t:2:12: no built-in rules file `nothing-of-that-name`",
        ),
        (
            "format = 1\nextends = ['./x.toml']",
            "t:2:12: no file can stand beside this text: `./x.toml`",
        ),
        ("format = 1\nsegment.unit = 'word'", "t:2:16: `unit` cannot be `word`"),
        ("format = 1\n[decide]\nshort-below = 1.5", "t:3:15: `short-below` is a number"),
        ("format = 1\n[decide]\nguard-share = 1.5", "t:3:15: `guard-share` is 1.5"),
        ("format = 1\n[decide]\nremove-block-at = 0", "t:3:19: `remove-block-at` is 0"),
        ("format = 1\n[decide]\ncontext = 'jusText'", "t:3:11: `context` cannot be `jusText`"),
        ("format = 1\n[groups.a]\n", "t:2:9: no `max-weight` in group `a`"),
        ("format = 1\n[groups.a]\nmax-weight = nan", "t:3:14: `max-weight` is nan"),
        ("format = 1\n[groups.aB]\nmax-weight = 1", "t:2:9: `aB` is no name"),
        ("format = 1\nrules = 3", "t:2:9: `rules` is a number"),
        ("format = 1\nformat = 1", "t:2:1: defined twice"),
        ("format = 1\nx = [", "t:2:6: not TOML: unclosed array"),
        (&format!("format=1\ncategory='spam'\n{good}[rules.x]\n"), "t:8:8: defined twice"),
        (&format!("format=1\n{good}"), "t:2:8: no `category` in rule `x`"),
    ] {
        one(text, expected);
    }
}

#[test]
fn mistakes_of_a_rule_are_reported_at_their_place() {
    for (rest, expected) in [
        ("weight=1", "t:4:8: no `when` in rule `x`"),
        ("when={pattern='abc'}", "t:4:8: neither `weight` nor `action` in rule `x`"),
        ("when={pattern='abc'}\nweight=1\naction='drop'", "t:9:1: `weight` and `action` together"),
        ("when={pattern='abc'}\nweight=1.5", "t:8:8: `weight` is 1.5"),
        ("when={pattern='abc'}\nweight='1'", "t:8:8: `weight` is a string"),
        ("when={pattern='abc'}\naction='delete'", "t:8:8: `action` cannot be `delete`"),
        ("when={pattern='abc'}\nweigth=1\nweight=1", "t:8:1: unknown key `weigth` in rule `x`"),
        ("when={pattern='abc'}\nweight=1\non=['lists']", "t:9:5: `on` cannot be `lists`"),
        ("when={pattern='abc'}\nweight=1\nhits='x'", "t:9:6: `hits` is a string"),
        ("when={pattern='abc'}\nweight=1\nhit-seeds=['x']", "t:9:12: `x` names no seed"),
        ("when={pattern='abc'}\nweight=1\nstatus='old'", "t:9:8: `status` cannot be `old`"),
        ("when={pattern='abc'}\nweight=1\ngroup='A'", "t:9:7: `A` is no name"),
        ("when={pattern='abc'}\nweight=1\nreplaces=['y']", "t:9:11: no rule `t/y`"),
        ("when={pattern='abc'}\nweight=1\nreplaces=['x']", "t:9:11: a rule that replaces itself"),
        ("when={pattern='abc'}\naction='part'", "t:4:8: no rule uses the part `t/x`"),
        (
            "when={pattern='abc'}\nwithout-survey='skip'\naction='flag'",
            "t:8:16: `without-survey` in a rule that needs no survey",
        ),
        (
            "when={signal='block_is_first',below=1}\nwithout-survey='off'\naction='flag'",
            "t:8:16: `without-survey` cannot be `off`",
        ),
        ("when={rule='x'}\nweight=1", "t:7:12: rules that refer to themselves: t/x"),
        ("when={rule='y'}\nweight=1", "t:7:12: no rule `t/y`"),
        (
            "when={signal='char_count', above=1}\naction='cut'",
            "t:8:8: `cut` on a condition that matches no text",
        ),
        (
            "when.none.a={pattern='abc'}\naction='cut'",
            "t:8:8: `cut` on a condition that matches no text",
        ),
        (
            "when={pattern='abc'}\naction='drop'\nhits=['xyz']",
            "t:9:7: rule `t/x` does not fire on this hit; it saw pattern 0 (at least 1)",
        ),
        (
            "when.all.a={pattern='abc'}\naction='drop'\nmisses=['abc abc']",
            "t:9:9: rule `t/x` fires on this miss; it saw a: pattern 2 (at least 1)",
        ),
    ] {
        one(&format!("{HEAD}{}", rule("x", rest)), expected);
    }
}

#[test]
fn mistakes_of_a_condition_are_reported_at_their_place() {
    for (when, expected) in [
        ("when = 3", "t:8:8: `when` is a number"),
        ("when = {}", "t:8:1: a condition that asks nothing"),
        ("when = { above = 3 }", "t:8:1: a condition that asks nothing"),
        ("when = { signal = 'char_count' }", "t:8:1: a signal without a comparison"),
        ("when = { signal = 'char_cout', above = 1 }", "t:8:19: unknown signal `char_cout`"),
        (
            "when = { signal = 'char_count', atleast = 1, above = 1 }",
            "t:8:33: unknown key `atleast` in a condition",
        ),
        (
            "when.all.b = { signal = 'char_count', abov = 1, above = 1 }",
            "t:8:39: unknown key `abov` in a part of a condition",
        ),
        ("when = { signal = 'char_count', above = '1' }", "t:8:41: `above` is a string"),
        ("when = { signal = 'char_count', above = -1 }", "t:8:41: `char_count` is never -1"),
        ("when = { signal = 'char_count', above = inf }", "t:8:41: `above` is inf"),
        (
            "when = { signal = 'stop_word_ratio', above = 30 }",
            "t:8:46: `stop_word_ratio` is never 30",
        ),
        ("when = { signal = 'char_count', outside = [1] }", "t:8:43: `outside` has 1 entries"),
        (
            "when = { signal = 'char_count', outside = [9, 1] }",
            "t:8:44: `outside` with its first number above its second",
        ),
        ("when = { signal = 'char_count', ramp = [2, 2] }", "t:8:44: `ramp` between equal numbers"),
        (
            "when = { signal = 'char_count', above = 1, at-least = 2 }",
            "t:8:1: comparisons that do not go together",
        ),
        (
            "when = { signal = 'char_count', above = 1, ramp = [1, 2] }",
            "t:8:1: comparisons that do not go together",
        ),
        (
            "when = { signal = 'char_count', above = 3, below = 3 }",
            "t:8:41: no number is above 3 and below 3",
        ),
        (
            "when = { signal = 'char_count', above = 1, unicode = true }",
            "t:8:44: `unicode` does not go with `signal`",
        ),
        ("when = { pattern = 'abc', above = 1 }", "t:8:27: `above` does not go with `pattern`"),
        ("when = { pattern = 'abc', at-least = 0 }", "t:8:38: `at-least` is 0"),
        ("when = { pattern = 'abc', at-least = 1.5 }", "t:8:38: `at-least` is 1.5"),
        (
            "when = { pattern = 'abc', phrases = ['x'] }",
            "t:8:1: a condition that asks `pattern`, `phrases` together",
        ),
        ("when = { pattern = 'a(bc' }", "t:8:22: unclosed group"),
        (r#"when = { pattern = "a\t(bc" }"#, "t:8:20: unclosed group"),
        (
            "when = { pattern = '''a|b|[z-a]''' }",
            "t:8:28: invalid character class range, the start must be <= the end",
        ),
        ("when = { pattern = 'a*' }", "t:8:20: the pattern matches the empty text"),
        (
            "when = { pattern = '(a{0,1000}){1,1000}b' }",
            "t:8:20: the pattern is larger than 4 MiB when compiled",
        ),
        (
            "when = { phrases = 'nothing-of-that-name' }",
            "t:8:20: no built-in list `nothing-of-that-name`",
        ),
        ("when = { phrases = './x.txt' }", "t:8:20: no file can stand beside this text: `./x.txt`"),
        ("when = { phrases = [] }", "t:8:10: a list without phrases"),
        (r#"when = { phrases = ["a", "\u200B"] }"#, "t:8:26: a phrase in which nothing counts"),
        ("when = { phrases = 3 }", "t:8:20: `phrases` is a number"),
        ("when.all = {}", "t:8:6: `all` of nothing"),
        ("when.all.a_b = { pattern = 'abc' }", "t:8:10: `a_b` is no name"),
        ("when.all.a = 3", "t:8:14: `a` is a number"),
        (
            "when.all.a = { pattern = 'abc' }\nwhen.none.a = { pattern = 'abc' }",
            "t:9:11: two conditions named `a`",
        ),
        (
            "when.all.a = { pattern = 'abc' }\nwhen.pattern = 'abc'",
            "t:8:1: a condition that is a leaf and has named leaves too",
        ),
        (
            "when.all.a = { all.b = { pattern = 'abc' }, pattern = 'abc' }",
            "t:8:16: unknown key `all` in a part of a condition",
        ),
    ] {
        one(&with(when), expected);
    }
}

#[test]
fn scopes_bound_what_a_rule_may_ask_and_do() {
    for (rules, expected) in [
        (
            "[rules.x]\nabout='X'\nscope='source'\nweight=1\nwhen={signal='char_count', above=1}",
            "t:8:14: signal `char_count` cannot be measured on scope `source`",
        ),
        (
            "[rules.x]\nabout='X'\nscope='document'\non=['list']\nweight=1\nwhen={pattern='abc'}",
            "t:7:1: `on` in a rule that looks at no block",
        ),
        (
            "[rules.x]\nabout='X'\nscope='document'\naction='remove'\nwhen={pattern='abc'}",
            "t:7:8: `remove` with scope `document`",
        ),
        (
            "[rules.x]\nabout='X'\nscope='source'\naction='cut'\nwhen={pattern='abc'}",
            "t:7:8: `cut` with scope `source`",
        ),
        (
            "[rules.x]\nabout='X'\nscope='document'\naction='part'\nwhen={pattern='abc'}\n\
          [rules.y]\nabout='X'\nscope='sentence'\naction='drop'\nwhen={rule='x'}",
            "t:13:12: `t/x` is of scope `document`, which is judged after scope `sentence`",
        ),
        (
            "[rules.x]\nabout='X'\nscope='document'\nweight=1\nwhen={pattern='abc'}\n\
          [rules.y]\nabout='X'\nscope='sentence'\naction='drop'\nwhen={pattern='abc'}\nreplaces=['x']",
            "t:14:11: `t/x` looks at other targets",
        ),
    ] {
        one(&format!("{HEAD}{rules}"), expected);
    }
}

#[test]
fn overrides_and_renames_name_what_there_is() {
    let base = with("when.all.a = { signal = 'char_count', outside = [1, 9] }");
    for (rest, expected) in [
        ("[override.'t/y']\nenabled = false", "t:9:11: no rule `t/y` to override"),
        (
            "[override.'t/x']\nthresholds = { 'a.above' = 3 }",
            "t:10:16: rule `t/x` has no number `a.above`",
        ),
        (
            "[override.'t/x']\nthresholds = { 'a.outside.low' = 30 }",
            "t:10:34: `outside` with its first number above its second",
        ),
        (
            "[override.'t/x']\nthresholds = { 'a.outside.low' = -3 }",
            "t:10:34: `char_count` is never -3",
        ),
        ("[override.'t/x']\nthresholds = { a.outside.low = 3 }", "t:10:16: `a` is a table"),
        (
            "[override.'t/x']\nwhen = { pattern = 'abc' }",
            "t:10:1: unknown key `when` in rule `t/x`",
        ),
        ("[override.'t/x']\naction = 'cut'", "t:10:10: `cut` on a condition that matches no text"),
        ("[renamed]\n't/old' = 't/new'", "t:10:1: `t/old` is renamed to no rule"),
        ("[renamed]\n't/x' = 't/x'", "t:10:1: `t/x` is renamed and still a rule"),
        ("[renamed]\n't/a' = 't/b'\n't/b' = 't/a'", "t:10:1: `t/a` is renamed to no rule"),
    ] {
        let errors = errors(&format!("{base}{rest}\n"));
        let first = errors.errors()[0].to_string();
        assert_eq!(first.lines().next(), Some(expected), "{rest}");
    }
}

#[test]
fn all_mistakes_are_listed_at_once_in_order() {
    let text = "format = 1\nlanguage = ['english']\n[rules.x]\nabout = 3\nscope = 'block'\nweigth = 1\n\
                weight = 3\ncategory = 'spam'\nwhen.all.a = { signal = 'nope', above = 1 }\n\
                when.all.b = { pattern = 'a(' }\n[override.y]\nenabled = 1\n";
    let errors = errors(text);
    let lines: Vec<usize> =
        errors.errors().iter().map(|e| e.place.as_ref().unwrap().line).collect();
    assert_eq!(lines, [2, 4, 6, 7, 9, 10, 11, 12]);
    assert!(errors.to_string().ends_with("8 mistakes in the rules"));
}

#[test]
fn a_message_shows_the_line_what_was_expected_and_the_nearest_name() {
    let errors = errors(&with("when = { signal = 'char_count', atleast = 70, above = 1 }"));
    let text = errors.to_string();
    assert!(
        text.starts_with(
            "t:8:33: unknown key `atleast` in a condition\n  |\n\
             8 | when = { signal = 'char_count', atleast = 70, above = 1 }\n\
             \x20 |                                 ^^^^^^^\n\
             \x20 = expected one of `signal`, `below`, `above`, `at-least`"
        ),
        "{text}"
    );
    assert!(text.ends_with("  = did you mean `at-least`?\n"), "{text}");
}

#[test]
fn a_cycle_of_several_rules_is_named() {
    let part = |name: &str, of: &str| rule(name, &format!("action='part'\nwhen={{rule='{of}'}}"));
    let text = format!(
        "{HEAD}{}{}{}{}",
        part("a", "b"),
        part("b", "c"),
        part("c", "a"),
        rule("user", "weight=1\nwhen={rule='a'}")
    );
    let errors = errors(&text);
    assert_eq!(errors.errors().len(), 1);
    assert!(errors.errors()[0].message.ends_with("t/b → t/c → t/a"), "{errors}");
}

#[test]
fn a_file_that_is_no_rules_file_ends_the_list_soon() {
    let text = "{\"a\": [}\n".repeat(20_000);
    let errors = errors(&text);
    assert_eq!(errors.errors().len(), 500);
}

#[test]
fn a_terminal_does_not_obey_a_message() {
    let text = "format = 1\n\"a\\u001b[31m\" = 1\n\"b\\u202e\" = 2\n";
    assert!(!errors(text).to_string().contains(['\u{1b}', '\u{202e}']));
}

#[test]
fn names_on_the_command_line_have_no_place() {
    let errors = RuleSet::load(["nothing-of-that-name", "./no/such/file.toml"]).unwrap_err();
    assert_eq!(errors.errors().len(), 2);
    assert!(errors.errors().iter().all(|error| error.place.is_none()));
}

#[test]
fn a_users_file_is_warned_of_what_it_owes_its_readers() {
    let text = format!(
        "{HEAD}{}",
        "[rules.no-menus]\nabout = 'Menus.'\nscope = 'block'\naction = 'remove'\n\
         when = { signal = 'char_count', ramp = [1, 2] }\n"
    );
    let set = RuleSet::from_text("t", &text).unwrap();
    let warnings: Vec<String> =
        set.warnings().iter().map(|w| w.to_string().lines().next().unwrap().to_owned()).collect();
    assert_eq!(
        warnings,
        [
            "t:4:8: a rule's name says what is found, not what to do about it",
            "t:4:8: no `why` in a rule that takes text away",
            "t:4:8: no example on which the rule must fire (`hits`, `hit-seeds`)",
            "t:4:8: no example on which the rule must not fire (`misses`, `miss-seeds`)",
            "t:5:9: `about` is one line without a full stop",
            "t:8:41: `ramp` in a rule with an action: an action has no strength between 0 and 1",
        ]
    );
}

#[test]
fn slow_and_slipped_patterns_are_warned_of() {
    for (pattern, message) in [
        ("[a-z]+ing", None),
        ("[a-z]+", Some("slow pattern")),
        (r"\bдальше", Some("means ASCII here")),
    ] {
        let text = format!(
            "{HEAD}{}",
            rule(
                "x",
                &format!(
                    "weight=1\nwhen={{pattern='{pattern}'}}\nhit-seeds=['a:b']\nmiss-seeds=['a:c']"
                )
            )
        );
        let set = RuleSet::from_text("t", &text).unwrap();
        let found = set.warnings().first().map(|warning| warning.message.as_str());
        match message {
            None => assert_eq!(found, None),
            Some(message) => assert!(found.is_some_and(|m| m.contains(message)), "{found:?}"),
        }
    }
}

#[test]
fn checking_finds_rules_that_another_of_their_group_covers() {
    let body = "group='g'\nweight=0.5\nmisses=['nothing']\nhits=['buy pills now']";
    let text = format!(
        "{HEAD}{}{}",
        rule("narrow", &format!("{body}\nwhen={{pattern='buy pills'}}")),
        rule(
            "broad",
            &format!("{body}\nwhen={{pattern='pills'}}").replace("now']", "now', 'pills']")
        ),
    );
    let report = check::check_text("t", &text);
    assert!(report.is_good(), "{:?}", report.errors);
    assert_eq!(report.examples, 5);
    let messages: Vec<&str> = report.warnings.iter().map(|w| w.message.as_str()).collect();
    assert_eq!(messages, ["all hits of `t/narrow` are also hits of `t/broad` in the same group"]);
}
