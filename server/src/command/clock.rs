//! `lockkeeper clock`: business time for other programs, one question a line.
//!
//! A question is `{"id","op":"due","start","amount","pauses":[{"from","to"}]}` or
//! `{"id","op":"elapsed","from","to","pauses":[…]}`; further keys are left alone. Answers come in the order of the
//! questions and as soon as no further question is waiting, so a program may also ask and listen in turn.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use flow::clock::{BusinessTime, Calendar, ClockError, Fault, Pause};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The longest line that is read as a question.
const LINE_BYTES_MAX: u64 = 1 << 20;
/// The largest file that is read; what a calendar may hold is bounded more closely when it is parsed.
const FILE_BYTES_MAX: u64 = 16 << 20;
const READ_BYTES: usize = 1 << 18;

#[derive(Debug, clap::Args)]
pub struct ClockArgs {
    /// The calendar: a TOML file. Holiday files it names are looked for beside it.
    #[arg(long, value_name = "FILE")]
    calendar: PathBuf,
}

/// Answers the questions on standard input. Exits 0 when all were answered, be it with an error; 1 when the
/// calendar is wrong; 2 when a file or a stream fails.
pub fn run(args: ClockArgs) -> ExitCode {
    match try_run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(stopped) => {
            eprintln!("{stopped}");
            ExitCode::from(stopped.exit_code())
        }
    }
}

/// Why no more questions are answered.
#[derive(Debug, thiserror::Error)]
enum Stopped {
    #[error("`{path}` cannot be read: {why}; check the file named with --calendar")]
    Unreadable { path: String, why: String },
    #[error("{}", .0.iter().map(Fault::to_string).collect::<Vec<_>>().join("\n"))]
    Wrong(Vec<Fault>),
    #[error("the questions cannot be answered: {0}; check standard input and output")]
    Stream(#[from] io::Error),
}

impl Stopped {
    fn exit_code(&self) -> u8 {
        match self {
            Stopped::Wrong(_) => 1,
            Stopped::Unreadable { .. } | Stopped::Stream(_) => 2,
        }
    }
}

fn try_run(args: &ClockArgs) -> Result<(), Stopped> {
    let calendar = read_calendar(&args.calendar)?;
    let mut questions = BufReader::with_capacity(READ_BYTES, io::stdin().lock());
    match answer_all(&calendar, &mut questions, io::stdout().lock()) {
        // Whoever asked has heard enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => Ok(done?),
    }
}

fn read_calendar(path: &Path) -> Result<Calendar, Stopped> {
    let name = path.display().to_string();
    let text = read_text(path).map_err(|why| Stopped::Unreadable { path: name.clone(), why })?;
    let folder = path.parent().unwrap_or(Path::new(""));
    Calendar::parse(&name, &text, &mut |file| read_text(&folder.join(file))).map_err(Stopped::Wrong)
}

fn read_text(path: &Path) -> Result<String, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(format!("it is larger than {} MiB", FILE_BYTES_MAX >> 20));
    }
    String::from_utf8(bytes).map_err(|error| error.to_string())
}

/// Answers line by line. What was answered is sent on whenever the next question would have to be waited for.
fn answer_all(
    calendar: &Calendar,
    questions: &mut BufReader<impl Read>,
    mut answers: impl Write,
) -> io::Result<()> {
    let mut line = Vec::new();
    let mut waiting = Vec::new();
    loop {
        if questions.buffer().is_empty() || waiting.len() >= READ_BYTES {
            answers.write_all(&waiting)?;
            answers.flush()?;
            waiting.clear();
        }
        line.clear();
        if questions.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let answer = if line.len() as u64 == LINE_BYTES_MAX && !line.ends_with(b"\n") {
            questions.skip_until(b'\n')?;
            Answer::error(
                Value::Null,
                format!("the line has more than {LINE_BYTES_MAX} bytes; send fewer pauses"),
            )
        } else {
            answer(calendar, &line)
        };
        serde_json::to_writer(&mut waiting, &answer)?;
        waiting.push(b'\n');
    }
}

#[derive(Deserialize)]
struct Question<'a> {
    #[serde(default)]
    id: Value,
    #[serde(borrow)]
    op: Cow<'a, str>,
    start: Option<Timestamp>,
    amount: Option<BusinessTime>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    #[serde(default)]
    pauses: Vec<Stop>,
}

/// A pause as it is written; one without an end is open.
#[derive(Deserialize)]
struct Stop {
    from: Timestamp,
    to: Option<Timestamp>,
}

#[derive(Serialize)]
struct Answer {
    id: Value,
    #[serde(flatten)]
    found: Found,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Found {
    /// None while an open pause hides it.
    Due(Option<String>),
    Seconds(f64),
    Error(String),
}

impl Answer {
    fn error(id: Value, why: impl ToString) -> Answer {
        Answer { id, found: Found::Error(why.to_string()) }
    }
}

fn answer(calendar: &Calendar, line: &[u8]) -> Answer {
    let question: Question = match serde_json::from_slice(line) {
        Ok(question) => question,
        Err(error) => return Answer::error(id_of(line), error),
    };
    let pauses: Vec<Pause> =
        question.pauses.iter().map(|stop| Pause { from: stop.from, to: stop.to }).collect();
    let found = match (question.op.as_ref(), question.start, question.amount, question.from, question.to) {
        ("due", Some(start), Some(amount), ..) => calendar.due(start, amount, &pauses).map(due),
        ("elapsed", _, _, Some(from), Some(to)) => {
            calendar.elapsed(from, to, &pauses).map(|open| Found::Seconds(open.as_seconds()))
        }
        ("due", ..) => return Answer::error(question.id, "`due` needs a `start` and an `amount`"),
        ("elapsed", ..) => return Answer::error(question.id, "`elapsed` needs a `from` and a `to`"),
        (op, ..) => return Answer::error(question.id, format!("unknown op `{op}`; use `due` or `elapsed`")),
    };
    Answer {
        id: question.id,
        found: found.unwrap_or_else(|error: ClockError| Found::Error(error.to_string())),
    }
}

/// A due instant with its six digits of microseconds.
fn due(at: Option<Timestamp>) -> Found {
    Found::Due(at.map(|at| format!("{at:.6}")))
}

/// The id of a question that is wrong elsewhere, where it can still be read.
fn id_of(line: &[u8]) -> Value {
    match serde_json::from_slice(line) {
        Ok(Value::Object(mut question)) => question.remove("id").unwrap_or_default(),
        _ => Value::Null,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    const CALENDAR: &str = "zone = \"Europe/Berlin\"\n[hours]\nmon = [\"09:00-17:00\"]\n";

    fn calendar() -> Calendar {
        Calendar::parse("calendar.toml", CALENDAR, &mut |_| Err("no such file".to_owned())).unwrap()
    }

    fn answers(questions: &str) -> Vec<String> {
        let mut answers = Vec::new();
        answer_all(&calendar(), &mut BufReader::new(questions.as_bytes()), &mut answers).unwrap();
        String::from_utf8(answers).unwrap().lines().map(str::to_owned).collect()
    }

    #[track_caller]
    fn check(question: &str, answer: &str) {
        assert_eq!(answers(question), [answer]);
    }

    #[test]
    fn a_due_instant_is_told_in_utc_with_six_digits() {
        check(
            r#"{"cal":0,"id":"a","op":"due","start":"2026-07-06T07:00:00Z","amount":"PT8H","pauses":[]}"#,
            r#"{"id":"a","due":"2026-07-06T15:00:00.000000Z"}"#,
        );
        check(
            r#"{"id":7,"op":"due","start":"2026-07-06T10:00:00.25+02:00","amount":"PT1H"}"#,
            r#"{"id":7,"due":"2026-07-06T09:00:00.250000Z"}"#,
        );
    }

    #[test]
    fn elapsed_time_is_told_in_seconds() {
        let question = r#"{"id":"b","op":"elapsed","from":"2026-07-06T07:00:00Z","to":"2026-07-06T08:00:00.000001Z","pauses":"#;
        check(&format!("{question}[]}}"), r#"{"id":"b","seconds":3600.000001}"#);
        let pause = r#"[{"from":"2026-07-06T07:30:00Z","to":"2026-07-06T09:00:00Z"}]}"#;
        check(&format!("{question}{pause}"), r#"{"id":"b","seconds":1800.0}"#);
    }

    #[test]
    fn an_open_pause_hides_the_deadline() {
        let question = r#"{"id":1,"op":"due","start":"2026-07-06T07:00:00Z","amount":"PT8H","pauses":[{"from":"2026-07-06T08:00:00Z""#;
        check(&format!("{question}}}]}}"), r#"{"id":1,"due":null}"#);
        check(&format!(r#"{question},"to":null}}]}}"#), r#"{"id":1,"due":null}"#);
    }

    #[test]
    fn a_bad_line_gives_an_error_and_the_next_is_answered() {
        let found = answers(concat!(
            "nonsense\n",
            "\n",
            "\u{feff}\n",
            "{\"id\":\"a\",\"op\":\"due\",\"start\":\"2026-07-06\",\"amount\":\"PT8H\"}\n",
            "{\"id\":\"b\",\"op\":\"due\",\"start\":\"2026-07-06T07:00:00Z\",\"amount\":\"P1D\"}\n",
            "{\"id\":\"c\",\"op\":\"due\",\"start\":\"2026-07-06T07:00:00Z\"}\n",
            "{\"id\":\"d\",\"op\":\"elapsed\",\"from\":\"2026-07-06T07:00:00Z\"}\n",
            "{\"id\":\"e\",\"op\":\"guess\"}\n",
            "{\"id\":\"f\",\"op\":\"elapsed\",\"from\":\"2026-07-06T07:00:00Z\",\"to\":\"2026-07-05T07:00:00Z\"}\n",
            "{\"id\":\"g\",\"op\":\"elapsed\",\"from\":\"2026-07-06T07:00:00Z\",\"to\":\"2026-07-06T07:00:01Z\"}",
        ));
        assert!(found[..3].iter().all(|answer| answer.starts_with(r#"{"id":null,"error":""#)), "{found:?}");
        assert!(
            found[3].starts_with(r#"{"id":"a","error":""#) && found[3].contains("column 41"),
            "{}",
            found[3]
        );
        assert!(found[4].starts_with(r#"{"id":"b","error":"`P1D` counts days"#), "{}", found[4]);
        assert_eq!(
            found[5..],
            [
                r#"{"id":"c","error":"`due` needs a `start` and an `amount`"}"#,
                r#"{"id":"d","error":"`elapsed` needs a `from` and a `to`"}"#,
                r#"{"id":"e","error":"unknown op `guess`; use `due` or `elapsed`"}"#,
                r#"{"id":"f","error":"`2026-07-05T07:00:00Z` is before `2026-07-06T07:00:00Z`; swap them"}"#,
                r#"{"id":"g","seconds":1.0}"#,
            ]
        );
    }

    #[test]
    fn a_line_too_long_is_passed_over() {
        let last = r#"{"id":2,"op":"elapsed","from":"2026-07-06T07:00:00Z","to":"2026-07-06T07:00:01Z"}"#;
        let found = answers(&format!("{}\n{last}\n", " ".repeat(2 * LINE_BYTES_MAX as usize)));
        assert_eq!(
            found[0],
            r#"{"id":null,"error":"the line has more than 1048576 bytes; send fewer pauses"}"#
        );
        assert_eq!(found[1..], [r#"{"id":2,"seconds":1.0}"#]);
    }

    /// Asks a question only when the one before was answered.
    struct InTurn<'a> {
        heard: &'a RefCell<Vec<u8>>,
        asked: usize,
    }

    impl Read for InTurn<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let answered = self.heard.borrow().iter().filter(|byte| **byte == b'\n').count();
            assert_eq!(answered, self.asked, "the question before was not answered yet");
            let question = b"{\"id\":1,\"op\":\"guess\"}\n";
            let left = if self.asked < 3 { question.as_slice() } else { b"" };
            self.asked += 1;
            buffer[..left.len()].copy_from_slice(left);
            Ok(left.len())
        }
    }

    struct Heard<'a>(&'a RefCell<Vec<u8>>);

    impl Write for Heard<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn whoever_asks_and_listens_in_turn_is_not_kept_waiting() {
        let heard = RefCell::new(Vec::new());
        let questions = InTurn { heard: &heard, asked: 0 };
        answer_all(&calendar(), &mut BufReader::new(questions), Heard(&heard)).unwrap();
        assert_eq!(heard.borrow().iter().filter(|byte| **byte == b'\n').count(), 3);
    }

    #[test]
    fn holiday_files_are_looked_for_beside_the_calendar() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("calendar.toml");
        std::fs::write(&path, format!("holiday_files = [\"days.ics\"]\n{CALENDAR}")).unwrap();
        let missing = read_calendar(&path).unwrap_err();
        assert_eq!(missing.exit_code(), 1);
        assert!(
            missing.to_string().contains(":1:18: the holiday file `days.ics` cannot be read"),
            "{missing}"
        );

        let event = "BEGIN:VEVENT\nDTSTART:20260706\nEND:VEVENT";
        std::fs::write(folder.path().join("days.ics"), format!("BEGIN:VCALENDAR\n{event}\nEND:VCALENDAR"))
            .unwrap();
        let calendar = read_calendar(&path).unwrap();
        assert!(!calendar.is_open("2026-07-06T08:00:00Z".parse().unwrap()));
        assert!(calendar.is_open("2026-07-13T08:00:00Z".parse().unwrap()));
    }

    #[test]
    fn a_calendar_that_cannot_be_read_is_not_one_that_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read_calendar(&folder.path().join("none.toml")).unwrap_err().exit_code(), 2);
        assert_eq!(read_calendar(folder.path()).unwrap_err().exit_code(), 2);
        let wrong = folder.path().join("wrong.toml");
        std::fs::write(&wrong, "zone = \"Mars\"\nhour = 1").unwrap();
        let stopped = read_calendar(&wrong).unwrap_err();
        assert_eq!(stopped.exit_code(), 1);
        assert_eq!(stopped.to_string().lines().count(), 3);
    }
}
