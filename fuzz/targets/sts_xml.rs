//! Any bytes as STS's answer in XML: what is accepted holds elements and text alone, and the known
//! elements are there once, with the texts that another reader finds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mongodb_aws_auth::aws::{Answer, read_answer, xml};
use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};

const RESULT: &str = "GetCallerIdentityResponse/GetCallerIdentityResult";
const METADATA: &str = "GetCallerIdentityResponse/ResponseMetadata";

fuzz_target!(|body: &[u8]| {
    let caller = read_answer(200, Some("text/xml"), body);
    let error = read_answer(403, Some("text/xml"), body);
    let Ok(text) = str::from_utf8(body) else {
        assert!(caller.is_err() && error.is_err());
        return;
    };
    if xml::XmlDocument::parse(text).is_err() {
        assert!(caller.is_err() && error.is_err());
        return;
    }
    let leaves = leaves(text);
    if let Ok(Answer::Caller(caller)) = caller {
        let member = |name: &str| only(&leaves, RESULT, name);
        assert_eq!(member("Arn"), Some(&*caller.arn.text));
        assert_eq!(member("UserId"), Some(&*caller.user_id));
        assert_eq!(member("Account"), Some(&*caller.arn.account));
        if !caller.request_id.is_empty() {
            let id = only(&leaves, METADATA, "RequestId");
            assert_eq!(id, Some(&*caller.request_id));
        }
    }
    match error {
        Ok(Answer::Error(error)) => {
            let code = only(&leaves, "ErrorResponse/Error", "Code").expect("a code");
            assert!(error.code.is_empty() || error.code == code);
            if !error.request_id.is_empty() {
                let id = only(&leaves, "ErrorResponse", "RequestId");
                assert_eq!(id, Some(&*error.request_id));
            }
        }
        Ok(Answer::Caller(_)) => panic!("an identity out of an error"),
        Err(_) => {}
    }
});

/// The text of the only element at a path.
fn only<'a>(leaves: &'a [(String, String)], parent: &str, name: &str) -> Option<&'a str> {
    let path = format!("{parent}/{name}");
    let mut found = leaves.iter().filter(|(known, _)| *known == path);
    let text = found.next().map(|(_, text)| text.as_str());
    assert!(found.next().is_none(), "{path} is duplicated");
    text
}

/// The elements without children, by their path.
fn leaves(text: &str) -> Vec<(String, String)> {
    let mut reader = Reader::from_str(text);
    let (mut leaves, mut path) = (Vec::new(), Vec::<String>::new());
    let (mut content, mut is_leaf) = (String::new(), false);
    loop {
        match reader.read_event().expect("XML") {
            Event::Decl(_) => assert!(path.is_empty() && leaves.is_empty()),
            Event::Start(tag) => {
                path.push(name(&tag, path.is_empty()));
                assert!(path.len() <= 8);
                content.clear();
                is_leaf = true;
            }
            Event::Empty(tag) => {
                let name = name(&tag, path.is_empty());
                leaves.push((format!("{}/{name}", path.join("/")), String::new()));
                is_leaf = false;
            }
            Event::Text(text) => content.push_str(&text.xml10_content()),
            Event::GeneralRef(entity) => {
                content.push_str(resolve_predefined_entity(&entity).expect("predefined"));
            }
            Event::End(_) => {
                if is_leaf {
                    leaves.push((path.join("/"), std::mem::take(&mut content)));
                }
                path.pop();
                is_leaf = false;
            }
            Event::Eof => break,
            other => panic!("{other:?}"),
        }
    }
    assert!(path.is_empty() && leaves.len() <= 64);
    leaves
}

/// A tag's name. It has no prefix, and no attribute but the root's `xmlns`.
fn name(tag: &BytesStart<'_>, is_root: bool) -> String {
    let mut attributes = tag
        .attributes()
        .map(|attribute| attribute.expect("an attribute"));
    if let Some(attribute) = attributes.next() {
        assert!(is_root && attribute.key.as_ref() == "xmlns");
    }
    assert!(attributes.next().is_none());
    let name: &str = tag.name().into_inner();
    assert!(!name.contains(':'));
    name.to_owned()
}
