use super::*;

/// The text at a path below the root `R`.
fn text(body: &str, path: &[&'static str]) -> Result<String, XmlError> {
    let document = XmlDocument::parse(body)?;
    let mut element = document.root("R")?;
    for name in path {
        element = element.child(name)?;
    }
    element.text().map(str::to_owned)
}

#[track_caller]
fn assert_refused(body: &str, error: XmlError) {
    assert_eq!(XmlDocument::parse(body).map(drop), Err(error), "{body:?}");
}

#[test]
fn elements_and_texts_are_read_by_name() {
    let body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n\
                <R xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\r\n \
                <A>\n<B>one</B>\t<C></C><D/></A><E >two</E ></R>\n";
    for (path, expected) in [
        (&["A", "B"][..], "one"),
        (&["A", "C"], ""),
        (&["A", "D"], ""),
        (&["E"], "two"),
    ] {
        assert_eq!(text(body, path), Ok(expected.to_owned()), "{path:?}");
    }
}

#[test]
fn x4_the_predefined_entities_are_decoded_once() {
    assert_eq!(
        text("<R>&lt;&gt;&amp;&quot;&apos;&amp;lt;&amp;amp;</R>", &[]),
        Ok("<>&\"'&lt;&amp;".to_owned())
    );
}

#[test]
fn x3_a_known_element_is_required_once_as_text() {
    let missing = |name| Err(XmlError::Missing(name));
    assert_eq!(text("<S></S>", &[]), missing("R"));
    assert_eq!(text("<R></R>", &["A"]), missing("A"));
    assert_eq!(text("<R><X><A>1</A></X></R>", &["A"]), missing("A"));
    assert_eq!(text("<R><a>1</a></R>", &["A"]), missing("A"));
    let twice = "<R><A>1</A><X/><A>2</A></R>";
    assert_eq!(text(twice, &["A"]), Err(XmlError::Duplicate("A")));
    let nested = "<R><A><B>1</B></A></R>";
    assert_eq!(text(nested, &["A"]), Err(XmlError::NotText("A")));
}

#[test]
fn x3_unknown_elements_are_ignored_also_where_they_are_repeated() {
    let body = "<R><X/><X><A>2</A><Y>&amp;</Y></X><A>1</A><X>x</X></R>";
    assert_eq!(text(body, &["A"]), Ok("1".to_owned()));
}

#[test]
fn x2_a_declaration_stands_at_the_start_and_names_no_other_encoding() {
    for declaration in [
        "<?xml version='1.0'?>",
        "<?xml version='1.0' encoding='utf-8'?>\r\n",
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>",
    ] {
        assert_eq!(text(&format!("{declaration}<R>1</R>"), &[]), Ok("1".into()));
    }
    let utf16 = "<?xml version=\"1.0\" encoding=\"UTF-16\"?><R></R>";
    assert_refused(utf16, XmlError::Encoding);
    for body in [
        " <?xml version=\"1.0\"?><R></R>",
        "<R></R><?xml version=\"1.0\"?>",
        "<?xml version=\"1.0\"?><?xml version=\"1.0\"?><R></R>",
    ] {
        assert_refused(body, XmlError::Markup);
    }
    for body in [
        "<?xml version=\"1.0\"<R></R>?>",
        "<?xml encoding=\"UTF-8\"?><R></R>",
        "<?xml version=\"1.0' ?><R></R>",
        "<?xml encoding=\"UTF-8\" version=\"1.0\"?><R></R>",
    ] {
        assert_refused(body, XmlError::Malformed);
    }
}

#[test]
fn x4_whatever_two_readers_could_read_differently_is_refused() {
    use XmlError::*;
    for (body, error) in [
        ("<!DOCTYPE R><R></R>", Markup),
        ("<!DOCTYPE R [<!ENTITY x \"y\">]><R>&x;</R>", Markup),
        ("<R><!-- c --></R>", Markup),
        ("<R></R><!-- c -->", Markup),
        ("<R><![CDATA[x]]></R>", Markup),
        ("<R><?pi x?></R>", Markup),
        ("<R>&#65;</R>", CharacterReference),
        ("<R>&#x41;</R>", CharacterReference),
        ("<R a=\"b\"></R>", Attribute),
        ("<R a=\">\"></R>", Attribute),
        ("<R xmlns=\"a\" b=\"c\"></R>", Attribute),
        ("<R xmlns=\"a\" xmlns=\"a\"></R>", Attribute),
        ("<R xmlns=\"a>\" b=\"c\"></R>", Attribute),
        ("<R xmlns=\"a>\"></R>", Attribute),
        ("<R xmlns=\"a>\" xmlns=\"b\"></R>", Attribute),
        ("<R xmlns='a>\"' xmlns='b'></R>", Attribute),
        ("<R xmlns=\"a/>\" xmlns:n=\"c\"/>", Attribute),
        ("<R xmlns:n=\"a\"></R>", Attribute),
        (
            "<R xmlns:xml=\"http://www.w3.org/XML/1998/namespace\"></R>",
            Attribute,
        ),
        ("<R\txml:lang='en'></R>", Attribute),
        ("<R><A xmlns=\"x\"></A></R>", Attribute),
        ("<R><A\nb='c'/></R>", Attribute),
        ("<n:R></n:R>", Attribute),
        ("<xml:R></xml:R>", Attribute),
        ("<R><n:A></n:A></R>", Attribute),
        ("<R>a\r\nb</R>", CarriageReturn),
        ("<R><X>\ra</X></R>", CarriageReturn),
        ("<R>text<A>1</A></R>", MixedContent),
        ("<R><A>1</A>text</R>", MixedContent),
        ("<R><A>1</A>text<B></B></R>", MixedContent),
        ("<R><X>&lt;<A>1</A></X></R>", MixedContent),
    ] {
        assert_refused(body, error);
    }
}

#[test]
fn x2_what_is_not_well_formed_is_refused() {
    for body in [
        "",
        " ",
        "text",
        "<R>",
        "</R>",
        "<R></S>",
        "<R></R><R></R>",
        "<R></R>x",
        "x<R></R>",
        "<R>&x;</R>",
        "<R>&amp</R>",
        "<R>&AMP;</R>",
        "<R>& </R>",
        "<></>",
        "< R></R>",
        "<1></1>",
        "<R",
        "<R>a]]>b</R>",
        "<R>\0</R>",
        "<R>\u{1b}</R>",
        "<R>\u{ffff}</R>",
        "<R xmlns=\"http://www.w3.org/XML/1998/namespace\"></R>",
        "<R xmlns=\"http://www.w3.org/2000/xmlns/\"></R>",
        "<R xmlns=a></R>",
    ] {
        assert_refused(body, XmlError::Malformed);
    }
}

#[test]
fn x3_depth_and_number_of_elements_have_limits() {
    let deep = |depth: usize| "<A>".repeat(depth) + &"</A>".repeat(depth);
    assert!(XmlDocument::parse(&deep(DEPTH_LIMIT)).is_ok());
    assert_refused(&deep(DEPTH_LIMIT + 1), XmlError::TooDeep);
    assert_refused(&deep(10_000), XmlError::TooManyElements);
    for element in ["<e> </e> ", "<e/>"] {
        let wide = |count: usize| format!("<R> {}</R>", element.repeat(count - 1));
        assert!(XmlDocument::parse(&wide(ELEMENT_LIMIT)).is_ok());
        assert_refused(&wide(ELEMENT_LIMIT + 1), XmlError::TooManyElements);
        assert_refused(&wide(10_000), XmlError::TooManyElements);
    }
}
