//! The declarations, imports and names in a file of Rust, read from its tokens.

use std::collections::HashSet;
use std::iter::Peekable;

use proc_macro2::{Delimiter, TokenStream, TokenTree, token_stream};

type Tokens = Peekable<token_stream::IntoIter>;

/// A module's code, unit tests left out.
#[derive(Debug, Default)]
pub(crate) struct Code {
    pub(crate) modules: Vec<Declared>,
    pub(crate) imports: Vec<Import>,
    /// The items that it defines itself.
    pub(crate) items: HashSet<String>,
    /// Paths of two words or more, outside of imports.
    pub(crate) paths: Vec<Vec<String>>,
    /// All words outside of imports.
    pub(crate) words: HashSet<String>,
}

/// `mod name;`, or `mod name { … }` with its code.
#[derive(Debug)]
pub(crate) struct Declared {
    pub(crate) name: String,
    /// The value of the attribute `path`.
    pub(crate) path: Option<String>,
    pub(crate) code: Option<Code>,
}

/// One name of a `use`.
#[derive(Debug)]
pub(crate) struct Import {
    pub(crate) path: Vec<String>,
    /// The name that it has here; `*` for all that are there.
    pub(crate) name: String,
    pub(crate) public: bool,
}

impl Code {
    pub(crate) fn read(text: &str) -> Code {
        let tokens = text.parse().expect("a file that compiles");
        let mut code = Code::default();
        code.take(tokens);
        code
    }

    fn take(&mut self, tokens: TokenStream) {
        let mut tokens = tokens.into_iter().peekable();
        let (mut public, mut path, mut test) = (false, None, false);
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Punct(punct) if punct.as_char() == '#' => {
                    tokens.next_if(|token| token.to_string() == "!");
                    let attribute = tokens.next().map(|it| it.to_string());
                    let attribute = attribute.unwrap_or_default();
                    test |= attribute.replace(' ', "") == "[cfg(test)]";
                    path = path.or(between(&attribute, "[path = \"", "\"]"));
                    continue;
                }
                TokenTree::Ident(word) if word == "pub" => {
                    public = true;
                    // The visibility, in parentheses, is not an import.
                    tokens.next_if(is_group(Delimiter::Parenthesis));
                    continue;
                }
                TokenTree::Ident(word) if word == "mod" => {
                    self.module(&mut tokens, path.take(), test);
                }
                TokenTree::Ident(word) if word == "use" => {
                    let tree: TokenStream = until_semicolon(&mut tokens).collect();
                    if !test {
                        self.import(&[], tree, public);
                    }
                }
                _ if test => skip(token, &mut tokens),
                TokenTree::Ident(word) => self.word(word.to_string(), &mut tokens),
                TokenTree::Group(group) => self.take(group.stream()),
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
            (public, path, test) = (false, None, false);
        }
    }

    fn module(&mut self, tokens: &mut Tokens, path: Option<String>, test: bool) {
        let Some(TokenTree::Ident(name)) = tokens.next() else {
            return;
        };
        let code = match tokens.next() {
            Some(TokenTree::Group(_)) if test => return,
            Some(TokenTree::Group(group)) => {
                let mut code = Code::default();
                code.take(group.stream());
                Some(code)
            }
            _ => None,
        };
        let name = name.to_string();
        self.modules.push(Declared { name, path, code });
    }

    fn import(&mut self, before: &[String], tree: TokenStream, public: bool) {
        let mut path = before.to_vec();
        let mut tokens = tree.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Ident(word) if word == "as" => {
                    let name = tokens.next().map(|it| it.to_string()).unwrap_or_default();
                    self.imported(std::mem::take(&mut path), name, public);
                }
                TokenTree::Ident(word) => path.push(word.to_string()),
                TokenTree::Group(group) => {
                    self.import(&path, group.stream(), public);
                    path.clear();
                }
                TokenTree::Punct(punct) if punct.as_char() == '*' => path.push("*".to_owned()),
                TokenTree::Punct(punct) if punct.as_char() == ',' => {
                    self.last(
                        std::mem::replace(&mut path, before.to_vec()),
                        before,
                        public,
                    );
                }
                _ => {}
            }
        }
        self.last(path, before, public);
    }

    /// Ends a path of a `use`, if there is one.
    fn last(&mut self, mut path: Vec<String>, before: &[String], public: bool) {
        if path.len() <= before.len() {
            return;
        }
        if path.last().is_some_and(|last| last == "self") {
            path.pop();
        }
        let name = path.last().cloned().unwrap_or_default();
        self.imported(path, name, public);
    }

    fn imported(&mut self, mut path: Vec<String>, name: String, public: bool) {
        if path
            .last()
            .is_some_and(|last| last == "*" || last == "self")
        {
            path.pop();
        }
        self.imports.push(Import { path, name, public });
    }

    /// A word, the item that it declares, or the path that it begins.
    fn word(&mut self, word: String, tokens: &mut Tokens) {
        const ITEMS: [&str; 8] = [
            "fn", "struct", "enum", "union", "trait", "type", "const", "static",
        ];
        const MODIFIERS: [&str; 4] = ["unsafe", "extern", "async", "mut"];
        if word == "macro_rules" {
            tokens.next();
        }
        if ITEMS.contains(&&word[..]) || word == "macro_rules" {
            // Neither `const fn` nor `static mut` are names.
            let name = tokens.next_if(|next| {
                let name = next.to_string();
                let is_word = matches!(next, TokenTree::Ident(_));
                is_word && !ITEMS.contains(&&name[..]) && !MODIFIERS.contains(&&name[..])
            });
            self.items.extend(name.map(|name| name.to_string()));
            return;
        }
        let mut path = vec![word];
        while tokens.next_if(is_colon).is_some() && tokens.next_if(is_colon).is_some() {
            match tokens.peek() {
                Some(TokenTree::Ident(next)) => path.push(next.to_string()),
                _ => break,
            }
            tokens.next();
        }
        self.words.extend(path.iter().cloned());
        if path.len() > 1 {
            self.paths.push(path);
        }
    }
}

fn is_colon(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == ':')
}

fn is_semicolon(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == ';')
}

fn is_group(delimiter: Delimiter) -> impl Fn(&TokenTree) -> bool {
    move |token| matches!(token, TokenTree::Group(group) if group.delimiter() == delimiter)
}

fn until_semicolon(tokens: &mut Tokens) -> impl Iterator<Item = TokenTree> {
    tokens.by_ref().take_while(|token| !is_semicolon(token))
}

/// Passes over an item that began with this token.
fn skip(first: TokenTree, tokens: &mut Tokens) {
    let is_last = |token: &TokenTree| is_semicolon(token) || is_group(Delimiter::Brace)(token);
    if !is_last(&first) {
        tokens.by_ref().find(is_last);
    }
}

fn between(text: &str, before: &str, after: &str) -> Option<String> {
    let text = text.strip_prefix(before)?.strip_suffix(after)?;
    Some(text.to_owned())
}
