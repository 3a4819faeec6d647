//! Which options go with which pattern.

use clap::ValueEnum;

use crate::args::{Role, Traffic};
use crate::exit::Exit;
use crate::format::Format;

/// A pattern, by the name that is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Pattern {
    Push,
    Pull,
    Pub,
    Sub,
    Req,
    Rep,
    Pair,
}

impl Pattern {
    /// Whether it sends what the input has.
    fn sends(self) -> bool {
        !matches!(self, Pattern::Pull | Pattern::Sub)
    }

    /// Whether it prints.
    pub(crate) fn prints(self) -> bool {
        !matches!(self, Pattern::Push | Pattern::Pub)
    }
}

/// The endpoints and the pattern that were typed.
///
/// # Errors
///
/// Words that are missing, or options that the pattern does not have.
pub(crate) fn check<'a>(traffic: &Traffic<'a>) -> Result<(Vec<&'a str>, Pattern), Exit> {
    let options = traffic.options;
    let Some((pattern, words)) = traffic.words.split_last() else {
        return Err(Exit::usage("an endpoint and a pattern are wanted"));
    };
    let pattern = Pattern::from_str(pattern, false).map_err(|_| {
        Exit::usage(format_args!(
            "`{pattern}` is not a pattern (push, pull, pub, sub, req, rep, pair): it comes after the endpoints"
        ))
    })?;
    let (own, other, what) = match traffic.role {
        Role::Server => (&options.bind, &options.connect, "--connect"),
        Role::Client => (&options.connect, &options.bind, "--bind"),
    };
    if !other.is_empty() {
        return Err(Exit::usage(format_args!("{what} is of the other end")));
    }
    let endpoints: Vec<&str> = words.iter().chain(own).map(String::as_str).collect();
    if endpoints.is_empty() {
        return Err(Exit::usage("an endpoint is wanted before the pattern"));
    }
    options_of(pattern, traffic)?;
    Ok((endpoints, pattern))
}

/// Refuses options that would do nothing.
fn options_of(pattern: Pattern, traffic: &Traffic<'_>) -> Result<(), Exit> {
    let it = traffic.options;
    let handles = it.exec || it.shell.is_some();
    let takes_commands = matches!(pattern, Pattern::Pull | Pattern::Sub | Pattern::Rep);
    let given_input = !it.message.is_empty() || it.file.is_some() || it.stdin;
    let only_texts = !it.message.is_empty() && matches!(it.input, Format::Raw | Format::Frames);
    let repeats_stdin = it.repeat.is_some() && it.message.is_empty() && it.file.is_none();
    let wrong = [
        (given_input && !pattern.sends(), "it sends nothing"),
        (
            given_input && (it.echo || handles),
            "--echo, --exec and --shell make the replies",
        ),
        (
            only_texts,
            "-m has texts: --in raw and frames are for bytes (-f, or stdin)",
        ),
        (repeats_stdin, "--repeat is for -m and -f"),
        (
            it.repeat.is_some() && !pattern.sends(),
            "--repeat is for what is sent",
        ),
        (
            it.repeat.is_some() && pattern == Pattern::Rep,
            "-m replies again and again without --repeat",
        ),
        (it.echo && pattern != Pattern::Rep, "--echo is for rep"),
        (
            handles && !takes_commands,
            "--exec and --shell are for pull, sub and rep",
        ),
        (it.jobs > 1 && !handles, "--jobs is for --exec and --shell"),
        (
            !traffic.command.is_empty() && !it.exec,
            "a command after -- wants --exec",
        ),
        (
            !it.topic.is_empty() && !matches!(pattern, Pattern::Pub | Pattern::Sub),
            "-t is for pub and sub",
        ),
        (
            it.topic.len() > 1 && pattern == Pattern::Pub,
            "pub has one topic",
        ),
        (
            it.embed_topic && (pattern != Pattern::Pub || it.topic.is_empty()),
            "-e is for pub with -t",
        ),
        (
            it.after_eof.is_some() && pattern != Pattern::Pair,
            "--after-eof is for pair",
        ),
        (
            (it.rate.is_some() || it.interval.is_some())
                && (!pattern.sends() || pattern == Pattern::Rep),
            "--rate and -i are for what is sent",
        ),
        (
            it.format.is_some() && !pattern.prints(),
            "-F is for what is printed",
        ),
        (
            it.ip.is_some() && traffic.role == Role::Server,
            "--ip is for clients",
        ),
    ];
    match wrong.iter().find(|(is_so, _)| *is_so) {
        None => Ok(()),
        Some((_, why)) => Err(Exit::usage(why)),
    }
}
