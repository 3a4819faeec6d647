//! Certificates, as pyzmq's `zmq.auth` and czmq's `zcert` read and write them.
//!
//! A certificate is a text of ZPL (RFC 4): comments after `#`, sections, and in each section indented entries
//! `name = "value"`. Keys contain `=` and `#`, so that they are quoted, and an entry is split at its first `=`.

use zeroize::Zeroizing;

use super::{PublicKey, SecretKey, z85};

/// The content of a certificate's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Certificate {
    /// The entries of the section `metadata`, in their order.
    pub(super) metadata: Vec<(String, String)>,
    pub(super) public: PublicKey,
    pub(super) secret: Option<SecretKey>,
}

const PUBLIC_HEAD: &str = "#   ZeroMQ CURVE Public Certificate
#   Others may read this file, and need it; see that it reaches them unchanged.
";

const SECRET_HEAD: &str = "#   ZeroMQ CURVE **Secret** Certificate
#   Nobody else may read this file: do not pass it on, and leave its mode as it is.
";

impl Certificate {
    /// Reads a certificate; the error names the mistake.
    ///
    /// Metadata is for people: an entry that czmq cannot read is left out, and ends nothing.
    pub(super) fn parse(text: &[u8]) -> Result<Certificate, String> {
        let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
        let mut section: &[u8] = b"";
        let mut metadata = Vec::new();
        let (mut public, mut secret) = (None, None);
        for (number, line) in (1..).zip(text.split(|byte| *byte == b'\n')) {
            let content = line.trim_ascii();
            if content.is_empty() || content.starts_with(b"#") {
                continue;
            }
            if !line.starts_with(b" ") && !line.starts_with(b"\t") {
                section = first_word(content);
                continue;
            }
            let wrong = |name: &str, reason: &str| format!("line {number}, {name}: {reason}");
            let mut places = content.splitn(2, |byte| *byte == b'=');
            let name = places.next().unwrap_or_default().trim_ascii();
            let value = places.next().and_then(value);
            match (section, name) {
                (b"curve", b"public-key") => {
                    let key = key(value, z85_public).map_err(|it| wrong("public-key", &it))?;
                    if public.replace(key).is_some() {
                        return Err(wrong("public-key", "it is there twice"));
                    }
                }
                (b"curve", b"secret-key") => {
                    let key =
                        key(value, SecretKey::decode).map_err(|it| wrong("secret-key", &it))?;
                    if secret.replace(key).is_some() {
                        return Err(wrong("secret-key", "it is there twice"));
                    }
                }
                (b"metadata", name) => metadata.extend(entry(name, value)),
                _ => {}
            }
        }
        let Some(public) = public else {
            return Err(
                "it has no public-key in a section curve: it is not a certificate".to_owned(),
            );
        };
        if secret
            .as_ref()
            .is_some_and(|it| *it.as_bytes() == *public.as_bytes())
        {
            return Err("its public-key and its secret-key are the same".to_owned());
        }
        Ok(Certificate {
            metadata,
            public,
            secret,
        })
    }

    /// The text of the file that others may read.
    pub(super) fn public_text(&self) -> String {
        let mut text = String::from(PUBLIC_HEAD);
        self.write_entries(&mut text);
        text
    }

    /// The text of the file that nobody else may read, if there is a secret.
    pub(super) fn secret_text(&self) -> Option<Zeroizing<String>> {
        let secret = self.secret.as_ref()?.text();
        let mut text = String::from(SECRET_HEAD);
        self.write_entries(&mut text);
        // Of its full size before the secret is in it: a text that is moved leaves a copy behind.
        let before = "    secret-key = \"";
        let mut whole = Zeroizing::new(String::with_capacity(text.len() + before.len() + 42));
        for part in [text.as_str(), before, &secret, "\"\n"] {
            whole.push_str(part);
        }
        Some(whole)
    }

    fn write_entries(&self, text: &mut String) {
        text.push_str("\nmetadata\n");
        for (name, value) in &self.metadata {
            let quote = if value.contains('"') { '\'' } else { '"' };
            text.push_str(&format!("    {name} = {quote}{value}{quote}\n"));
        }
        text.push_str(&format!("curve\n    public-key = \"{}\"\n", self.public));
    }
}

fn first_word(content: &[u8]) -> &[u8] {
    let mut words = content.split(|byte| byte.is_ascii_whitespace() || b"#=".contains(byte));
    words.next().unwrap_or_default()
}

/// The value of an entry: in quotes, or up to a comment; `None` if something else follows.
///
/// czmq's comment begins at any `#`, also in a key. pyzmq knows none after a value. So without quotes it
/// begins at a `#` after a blank.
fn value(text: &[u8]) -> Option<&[u8]> {
    let text = text.trim_ascii();
    let Some((quote @ (b'"' | b'\''), rest)) = text.split_first() else {
        let is_comment = |pair: &[u8]| pair[0].is_ascii_whitespace() && pair[1] == b'#';
        let end = text.windows(2).position(is_comment);
        return Some(text[..end.unwrap_or(text.len())].trim_ascii());
    };
    let end = rest.iter().position(|byte| byte == quote)?;
    let after = rest[end + 1..].trim_ascii();
    (after.is_empty() || after.starts_with(b"#")).then(|| &rest[..end])
}

fn key<K>(value: Option<&[u8]>, decode: fn(&[u8]) -> Result<K, String>) -> Result<K, String> {
    decode(value.ok_or("it is not written as name = \"key\"")?)
}

fn z85_public(text: &[u8]) -> Result<PublicKey, String> {
    let mut bytes = [0; z85::BYTES];
    z85::decode(text, &mut bytes).map(|()| PublicKey::from(bytes))
}

/// An entry of metadata, if it can be written as it was read.
fn entry(name: &[u8], value: Option<&[u8]>) -> Option<(String, String)> {
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"$-_@.&+/".contains(byte);
    let slash = b"/".as_slice();
    let is_name = !name.is_empty()
        && name.iter().all(is_of_name)
        && !name.starts_with(slash)
        && !name.ends_with(slash);
    let value = std::str::from_utf8(value?).ok()?;
    let has_both = value.contains('"') && value.contains('\'');
    if !is_name || has_both || value.chars().any(char::is_control) {
        return None;
    }
    let name = std::str::from_utf8(name).ok()?;
    Some((name.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLIC: &str = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";
    const SECRET: &str = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs";

    fn parsed(text: &str) -> Certificate {
        Certificate::parse(text.as_bytes()).unwrap()
    }

    #[track_caller]
    fn assert_refused(text: &str, reason: &str) {
        let refused = Certificate::parse(text.as_bytes());
        assert_eq!(refused, Err(reason.to_owned()));
    }

    #[test]
    fn a_file_of_pyzmq_is_read() {
        let certificate = parsed(&format!(
            "#   ****  Generated on 2026-11-27 04:30:00.000000 by pyzmq  ****\n\
             #   ZeroMQ CURVE **Secret** Certificate\n\n\
             metadata\n    name = Ann = and others\ncurve\n    public-key = \"{PUBLIC}\"\n    \
             secret-key = \"{SECRET}\"\n"
        ));
        assert_eq!(certificate.public.to_string(), PUBLIC);
        assert_eq!(&*certificate.secret.unwrap().text(), SECRET);
        let metadata = ("name".to_owned(), "Ann = and others".to_owned());
        assert_eq!(certificate.metadata, [metadata]);
    }

    #[test]
    fn a_file_of_czmq_is_read() {
        let certificate = parsed(&format!(
            "#   ****  Generated on 2026-11-27 04:30:00 by CZMQ  ****\n\nmetadata\n    \
             name = \"Ann\"\ncurve\n    public-key = \"{PUBLIC}\"\n"
        ));
        assert_eq!(certificate.public.to_string(), PUBLIC);
        assert_eq!(certificate.secret, None);
    }

    #[test]
    fn a_file_that_somebody_wrote_is_read() {
        let same = parsed(&format!("curve\n    public-key = \"{PUBLIC}\"\n"));
        for text in [
            format!("curve\r\n    public-key = {PUBLIC}\r\n"),
            format!("\u{feff}curve # keys\n\tpublic-key='{PUBLIC}'# mine"),
            format!("curve\n  public-key = {PUBLIC} # mine"),
            format!("other\n    public-key = x\ncurve\n    more = x\n    public-key = {PUBLIC}"),
            format!("metadata\n    =\n    a b = c\n    x = \"\ncurve\n    public-key={PUBLIC}"),
        ] {
            assert_eq!(parsed(&text), same, "{text}");
        }
    }

    #[test]
    fn keys_with_the_characters_of_the_syntax_are_read_without_quotes() {
        // As numbers of five characters they stay below 2^32.
        for key in ["0==#=", "0#=#="].map(|group| group.repeat(8)) {
            let certificate = parsed(&format!("curve\n    public-key = {key}\n"));
            assert_eq!(certificate.public.to_string(), key);
        }
    }

    #[test]
    fn a_certificate_is_written_as_it_was_read() {
        let certificate = parsed(&format!(
            "metadata\n    name = it's \"x\"\n    a = it's\n    b = \"#\"\n    c = '\"'\n    d =\ncurve\n    \
             public-key = {PUBLIC}\n    secret-key = {SECRET}\n"
        ));
        assert_eq!(certificate.metadata.len(), 4);
        let secret_text = certificate.secret_text().unwrap();
        assert_eq!(parsed(&secret_text), certificate);
        let public = parsed(&certificate.public_text());
        assert_eq!(public.secret, None);
        assert!(!certificate.public_text().contains(SECRET));
        assert_eq!(
            (public.public, public.metadata),
            (certificate.public, certificate.metadata)
        );
    }

    #[test]
    fn a_file_without_keys_is_refused_with_the_reason() {
        const NONE: &str = "it has no public-key in a section curve: it is not a certificate";
        assert_refused("", NONE);
        assert_refused("curve\n", NONE);
        assert_refused("\u{1}\u{2}\n    =", NONE);
        assert_refused(&format!("metadata\n    public-key = {PUBLIC}"), NONE);
        assert_refused(
            "curve\n    public-key",
            "line 2, public-key: it is not written as name = \"key\"",
        );
        assert_refused(
            &format!("curve\n    public-key = \"{PUBLIC}\" x"),
            "line 2, public-key: it is not written as name = \"key\"",
        );
        assert_refused(
            &format!("curve\n    public-key = {}", &PUBLIC[1..]),
            "line 2, public-key: it has 39 characters, and a key has 40",
        );
        assert_refused(
            &format!("\ncurve\n    public-key = {PUBLIC}\n    public-key = {PUBLIC}"),
            "line 4, public-key: it is there twice",
        );
        assert_refused(
            &format!("curve\n    public-key = {PUBLIC}\n    secret-key = \"\""),
            "line 3, secret-key: it is empty",
        );
        assert_refused(
            &format!("curve\n    public-key = {PUBLIC}\n    secret-key = \"{PUBLIC}\""),
            "its public-key and its secret-key are the same",
        );
    }
}
