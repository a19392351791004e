//! A line that somebody gives `explain`, taken apart: its words, and the JSON in it.

use serde_json::Value;

/// Longest line that is looked at, in bytes; the rest of a longer one is cut off.
const LINE_LIMIT: usize = 64 * 1024;
/// Members of JSON that have a whole line of a log as their text: those of containers and journals.
const WRAPPERS: [&str; 3] = ["log", "MESSAGE", "message"];
/// Members of JSON that say something.
const SAYING: [&str; 7] = [
    "msg", "text", "detail", "error", "errmsg", "result", "message",
];
/// Words of lines that are of logins, or of what a client is answered; in small letters.
const OF_LOGINS: [&str; 12] = [
    "mongodb-aws",
    "login refused",
    "login was refused",
    "authentic",
    "sasl",
    "errmsg",
    "codename",
    "full error",
    "mongoservererror",
    "mongoerror",
    "operationfailure",
    "mongocommandexception",
];
/// Members that stand beside a reason in the plugin's lines.
const BESIDE_REASON: [&str; 4] = ["detail", "group", "stsErrorCode", "accessKeyId"];
/// Members that stand beside a code in what a server answers.
const BESIDE_CODE: [&str; 3] = ["codeName", "errmsg", "ok"];

/// A line.
#[derive(Debug)]
pub struct Line<'a> {
    text: &'a str,
    document: Option<Value>,
    of_logins: bool,
}

impl<'a> Line<'a> {
    /// Takes it apart.
    pub fn of(text: &'a str) -> Line<'a> {
        let document = document(text);
        let lower = text.to_ascii_lowercase();
        let named = OF_LOGINS.iter().any(|words| lower.contains(words));
        let component = document.as_ref().and_then(|json| json.get("c")?.as_str());
        let of_logins = match component.or_else(|| stream_component(text)) {
            Some("ACCESS") => true,
            Some(_) => lower.contains("mongodb-aws"),
            None => named,
        };
        Line {
            text,
            document,
            of_logins,
        }
    }

    /// What it says: the texts of its JSON and what stands before that, or the whole line.
    pub fn texts(&self) -> Vec<&str> {
        let Some(json) = &self.document else {
            return vec![self.text];
        };
        let before = self.text.split('{').next().unwrap_or_default().trim();
        let mut texts = vec![before];
        visit(json, &mut |name, value| {
            texts.extend(value.as_str().filter(|_| SAYING.contains(&name)));
        });
        texts.retain(|text| !text.is_empty());
        texts
    }

    /// It is of a login, or of what a client is answered: numbers and names of codes mean those.
    pub fn is_of_logins(&self) -> bool {
        self.of_logins
    }

    /// The text of the first of these members.
    pub fn member(&self, names: &[&str]) -> Option<&str> {
        match &self.document {
            Some(json) => names.iter().find_map(|name| find(json, name)?.as_str()),
            None => names.iter().find_map(|name| field(self.text, name)),
        }
    }

    /// The number of a message of the server's log.
    pub fn id(&self) -> Option<i64> {
        number(self.document.as_ref()?.get("id")?)
    }

    /// The number of one of the plugin's reasons or messages.
    pub fn reason(&self) -> Option<i64> {
        let Some(json) = &self.document else {
            return reason_in(self.text, self.of_logins);
        };
        let texts = self.texts();
        let of_plugin = json.get("event").is_some_and(|event| event == "plugin");
        let name = match of_plugin {
            true => "id",
            false
                if texts
                    .iter()
                    .any(|text| text.ends_with("MONGODB-AWS plugin")) =>
            {
                "message"
            }
            false => "reason",
        };
        let beside = BESIDE_REASON.iter().any(|name| find(json, name).is_some());
        let value = find(json, name).filter(|_| self.of_logins || beside || of_plugin);
        let mut texts = texts.into_iter();
        let in_texts = || texts.find_map(|text| reason_in(text, self.of_logins));
        let value = value.and_then(number).filter(|number| *number != 0);
        value.or_else(in_texts)
    }

    /// The number of a server's error code.
    pub fn code(&self) -> Option<i64> {
        let Some(json) = &self.document else {
            return self
                .of_logins
                .then(|| numbered(self.text, "code"))
                .flatten();
        };
        let of_login = self.of_logins && json.get("c").is_some();
        let audited = json.get("atype").is_some_and(|kind| kind == "authenticate");
        let (mut code, mut answered) = (None, false);
        visit(json, &mut |name, value| {
            answered |= BESIDE_CODE.contains(&name);
            if name == "code" || name == "result" && (of_login || audited) {
                code = code.or(number(value));
            }
        });
        code.filter(|_| answered || of_login || audited)
    }
}

/// The JSON in a line; of a line that is wrapped in JSON, its own.
fn document(text: &str) -> Option<Value> {
    let json = read(text)?;
    let wrapped = WRAPPERS
        .iter()
        .find_map(|name| read(json.get(name)?.as_str()?));
    Some(wrapped.unwrap_or(json))
}

fn read(text: &str) -> Option<Value> {
    let start = text.find('{')?;
    let mut values = serde_json::Deserializer::from_str(text.get(start..)?).into_iter::<Value>();
    values.next()?.ok()
}

/// The component of a line of servers before 4.4: `2026-01-02T03:04:05.678+0000 I  ACCESS   [conn1] ...`
fn stream_component(text: &str) -> Option<&str> {
    let mut words = text.split_ascii_whitespace();
    let [date, severity, component, context] = [(); 4].map(|()| words.next().unwrap_or_default());
    let is_stream = date.starts_with(|c: char| c.is_ascii_digit())
        && date.contains('T')
        && severity.starts_with(['F', 'E', 'W', 'I', 'D'])
        && severity.len() < 3
        && context.starts_with('[');
    is_stream.then_some(component)
}

/// Every member, outermost first; serde_json bounds how deep they stand.
fn visit<'v>(value: &'v Value, see: &mut impl FnMut(&str, &'v Value)) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                see(name, value);
                visit(value, see);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| visit(value, see)),
        _ => {}
    }
}

fn find<'v>(json: &'v Value, wanted: &str) -> Option<&'v Value> {
    let mut found = None;
    visit(json, &mut |name, value| {
        if name == wanted {
            found = found.or(Some(value));
        }
    });
    found
}

/// A number, also as MongoDB writes it in JSON.
fn number(value: &Value) -> Option<i64> {
    let long = || {
        let text = value.get("$numberLong").or(value.get("$numberInt"))?;
        text.as_str()?.parse().ok()
    };
    value.as_i64().or_else(long)
}

/// `reason 301` in brackets, at the beginning, or in a line of logins.
fn reason_in(text: &str, of_logins: bool) -> Option<i64> {
    let at = text.to_ascii_lowercase().find("reason")?;
    let before = text.get(..at)?;
    let first = !before.contains(|c: char| c.is_alphabetic());
    let counts = of_logins || first || before.ends_with('(');
    counts.then(|| numbered(text, "reason")).flatten()
}

/// The number behind this name with nothing but punctuation behind it: `reason 301`, `(reason 301)`,
/// `'code': 18,`.
fn numbered(text: &str, name: &str) -> Option<i64> {
    let lower = text.to_ascii_lowercase();
    lower.match_indices(name).find_map(|(at, _)| {
        let before = lower.get(..at)?.chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            return None;
        }
        let rest = lower.get(at + name.len()..)?;
        let value = rest.trim_start_matches(['"', '\'', '\\', ' ', ':', '=']);
        let length = value.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, after) = value.split_at_checked(length)?;
        let ends = after.trim_start().chars().next();
        let ends = ends.is_none_or(|c| "),:;.]}\"'".contains(c));
        digits
            .parse()
            .ok()
            .filter(|_| value.len() < rest.len() && ends)
    })
}

/// The line as it is searched: not without end, and without a line end.
pub fn bounded(line: &str) -> &str {
    let end = (0..=line.len().min(LINE_LIMIT)).rev();
    let end = end.into_iter().find(|end| line.is_char_boundary(*end));
    line.get(..end.unwrap_or(0)).unwrap_or_default().trim()
}

/// The value of a field of a line, as `name=value`, `name: value`, `name value` or a piece of JSON.
fn field<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    line.match_indices(name).find_map(|(at, _)| {
        let before = line.get(..at)?.chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            return None;
        }
        let rest = line.get(at + name.len()..)?;
        let value = rest.trim_start_matches(['"', '\'', '\\', ' ', ':', '=']);
        if value.len() == rest.len() {
            return None;
        }
        let end = value.find(|c: char| c.is_whitespace() || "\"'\\,;)}]".contains(c));
        let value = value.get(..end.unwrap_or(value.len()))?;
        (!value.is_empty()).then_some(value)
    })
}

/// Words of the text that may be names: letters, digits and _ with capitals among them.
pub fn names(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let capitals = |word: &&str| word.bytes().filter(u8::is_ascii_uppercase).count();
    words.filter(move |word| word.len() > 7 && capitals(word) > 1)
}

#[cfg(test)]
#[path = "line_tests.rs"]
mod tests;
