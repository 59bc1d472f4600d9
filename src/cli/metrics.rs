//! `--metrics`: what a run has come to, for monitoring, as a Prometheus text file (as
//! node_exporter's textfile collector reads it) or as JSON.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::Failure;
use super::progress::Snapshot;
use tamis::report::limits::Totals;
use tamis::sink::files::{OutputFile, SinkError};
use tamis::source::Compression;

/// What a run is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Running,
    Done,
    /// Ended by a limit or a signal; it can be taken up again.
    Stopped,
    Failed,
}

impl State {
    const ALL: [State; 4] = [State::Running, State::Done, State::Stopped, State::Failed];

    pub(crate) fn name(self) -> &'static str {
        match self {
            State::Running => "running",
            State::Done => "done",
            State::Stopped => "stopped",
            State::Failed => "failed",
        }
    }
}

/// A file of metrics: it is always there whole, as it was last written.
#[derive(Clone, Debug)]
pub(crate) struct MetricsFile {
    path: PathBuf,
    is_json: bool,
}

impl MetricsFile {
    /// A file, written once so that a wrong path is known before the run begins.
    ///
    /// # Errors
    /// If its name ends in neither `.prom` nor `.json`, or it cannot be written.
    pub(crate) fn begin(path: &Path) -> Result<Self, Failure> {
        let extension = path.extension().and_then(|extension| extension.to_str());
        let is_json = match extension {
            Some("prom") => false,
            Some("json") => true,
            _ => {
                let shown = path.display();
                return Err(Failure(format!(
                    "--metrics {shown}: the name must end in .prom (Prometheus) or .json"
                )));
            }
        };
        let file = Self { path: path.to_owned(), is_json };
        file.write(&Snapshot::default(), None, State::Running)?;
        Ok(file)
    }

    /// Writes what is known now in place of what was written before.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn write(
        &self,
        snapshot: &Snapshot,
        totals: Option<&Totals>,
        state: State,
    ) -> Result<(), SinkError> {
        let text = match self.is_json {
            true => format!("{:#}\n", as_json(snapshot, totals, state)),
            false => as_prometheus(snapshot, totals, state),
        };
        let mut file = OutputFile::create(&self.path, Compression::None)?;
        file.write(text.as_bytes())?;
        file.finish()
    }
}

/// One metric: its name, what kind it is, what it says, and its values by one label.
struct Metric<'m> {
    name: &'static str,
    kind: &'static str,
    help: &'static str,
    label: &'static str,
    values: Vec<(&'m str, f64)>,
}

fn metrics<'m>(snapshot: &Snapshot, totals: Option<&'m Totals>, state: State) -> Vec<Metric<'m>> {
    let counter = |name, help, label, values| Metric { name, kind: "counter", help, label, values };
    let gauge = |name, help, label, values| Metric { name, kind: "gauge", help, label, values };
    let left = snapshot.sources.saturating_sub(snapshot.sources_done);
    let read_well = snapshot.sources_done.saturating_sub(snapshot.sources_failed);
    let mut bytes = vec![("read", snapshot.bytes as f64)];
    let mut rules = Vec::new();
    let mut unreadable = Vec::new();
    if let Some(totals) = totals {
        bytes.push(("text", totals.bytes as f64));
        bytes.push(("removed", totals.removed_bytes as f64));
        rules = totals.rules.iter().map(|rule| (rule.rule.as_str(), rule.hits as f64)).collect();
        rules.sort_by(|a, b| a.0.cmp(b.0));
        unreadable =
            totals.unreadable.iter().map(|(reason, n)| (reason.as_str(), *n as f64)).collect();
    } else if snapshot.unreadable > 0 {
        unreadable.push(("all", snapshot.unreadable as f64));
    }
    vec![
        counter(
            "tamis_documents_total",
            "Documents by what became of them.",
            "decision",
            vec![
                ("kept", snapshot.kept as f64),
                ("cut", snapshot.cut as f64),
                ("dropped", snapshot.dropped as f64),
            ],
        ),
        counter(
            "tamis_bytes_total",
            "Bytes: read (decompressed), of text, removed from it.",
            "what",
            bytes,
        ),
        counter("tamis_unreadable_total", "Records that could not be read.", "reason", unreadable),
        counter("tamis_rule_hits_total", "Hits of each rule.", "rule", rules),
        gauge(
            "tamis_sources_total",
            "Sources by how far they are.",
            "state",
            vec![
                ("done", read_well as f64),
                ("failed", snapshot.sources_failed as f64),
                ("left", left as f64),
            ],
        ),
        gauge(
            "tamis_run_seconds",
            "Seconds since the run began or was taken up again.",
            "",
            vec![("", snapshot.elapsed.as_secs_f64())],
        ),
        gauge(
            "tamis_run_state",
            "1 for the state of the run.",
            "state",
            State::ALL.map(|one| (one.name(), f64::from(u8::from(one == state)))).to_vec(),
        ),
    ]
}

fn as_prometheus(snapshot: &Snapshot, totals: Option<&Totals>, state: State) -> String {
    let mut out = String::new();
    for Metric { name, kind, help, label, values } in metrics(snapshot, totals, state) {
        // Writing to memory does not fail.
        let _ = write!(out, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
        for (of, value) in values {
            let _ = match label {
                "" => writeln!(out, "{name} {value}"),
                label => writeln!(out, "{name}{{{label}=\"{}\"}} {value}", escaped(of)),
            };
        }
    }
    out
}

/// A label's value as the text format wants it.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn as_json(snapshot: &Snapshot, totals: Option<&Totals>, state: State) -> Value {
    let mut all = Map::new();
    for Metric { name, label, values, .. } in metrics(snapshot, totals, state) {
        let name = name.trim_start_matches("tamis_").trim_end_matches("_total");
        let number = |value: f64| match value.fract() == 0.0 {
            true => json!(value as u64),
            false => json!(value),
        };
        let value = match label {
            "" => values.first().map_or(Value::Null, |(_, value)| number(*value)),
            _ => values.into_iter().map(|(of, value)| (of.to_owned(), number(value))).collect(),
        };
        all.insert(name.to_owned(), value);
    }
    all.insert("run_state".to_owned(), json!(state.name()));
    Value::Object(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tamis::report::limits::RuleTotals;

    fn totals() -> Totals {
        let rule =
            |rule: &str, hits| RuleTotals { rule: rule.to_owned(), hits, ..RuleTotals::default() };
        Totals {
            bytes: 900,
            removed_bytes: 90,
            unreadable: [("broken-json".to_owned(), 2)].into(),
            rules: vec![rule("z/last", 3), rule("a/\"odd\\name\"\n", 1)],
            ..Totals::default()
        }
    }

    fn snapshot() -> Snapshot {
        Snapshot {
            kept: 7,
            cut: 2,
            dropped: 1,
            bytes: 1_000,
            sources: 5,
            sources_done: 3,
            sources_failed: 1,
            ..Snapshot::default()
        }
    }

    #[test]
    fn prometheus_reads_names_kinds_and_escaped_labels() {
        let text = as_prometheus(&snapshot(), Some(&totals()), State::Done);
        for line in [
            "# TYPE tamis_documents_total counter",
            "tamis_documents_total{decision=\"kept\"} 7",
            "tamis_bytes_total{what=\"removed\"} 90",
            "tamis_unreadable_total{reason=\"broken-json\"} 2",
            "tamis_rule_hits_total{rule=\"a/\\\"odd\\\\name\\\"\\n\"} 1",
            "tamis_sources_total{state=\"done\"} 2",
            "tamis_sources_total{state=\"left\"} 2",
            "tamis_run_seconds 0",
            "tamis_run_state{state=\"running\"} 0",
            "tamis_run_state{state=\"done\"} 1",
        ] {
            assert!(text.lines().any(|known| known == line), "{line} is not in:\n{text}");
        }
        let is_sample =
            |line: &str| line.rsplit_once(' ').is_some_and(|(_, v)| v.parse::<f64>().is_ok());
        assert!(text.lines().all(|line| line.starts_with("# ") || is_sample(line)));
    }

    #[test]
    fn json_has_the_same() {
        let value = as_json(&snapshot(), Some(&totals()), State::Stopped);
        assert_eq!(value["documents"]["cut"], 2);
        assert_eq!(value["rule_hits"]["z/last"], 3);
        assert_eq!(value["run_state"], "stopped");
        assert_eq!(value["run_seconds"], 0);
    }

    #[test]
    fn a_file_is_replaced_whole_and_a_wrong_name_is_told_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tamis.prom");
        let file = MetricsFile::begin(&path).unwrap();
        let first = std::fs::read_to_string(&path).unwrap();
        assert!(first.contains("tamis_run_state{state=\"running\"} 1"));
        file.write(&snapshot(), None, State::Done).unwrap();
        assert!(std::fs::read_to_string(&path).unwrap().contains("decision=\"kept\"} 7"));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(MetricsFile::begin(&folder.path().join("tamis.txt")).is_err());
        assert!(MetricsFile::begin(&path.join("x.prom")).is_err());
    }
}
