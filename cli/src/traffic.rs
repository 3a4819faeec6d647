//! `zeroless server` and `zeroless client`: opens the end, and runs its pattern.

use std::time::Duration;

use zeroless::Options;

use crate::args::{Role, Traffic, TrafficArgs};
use crate::check::{Pattern, check};
use crate::ends::End;
use crate::exec::Commands;
use crate::exit::Exit;
use crate::format::{Separators, unescape};
use crate::input::Input;
use crate::interrupt::Interrupt;
use crate::limits::Limits;
use crate::notes::Notes;
use crate::output::Output;
use crate::reply::{self, Replies};
use crate::send::{self, Sender};
use crate::session::Session;
use crate::{pair, receive, request, security};

/// Runs it to its end.
pub(crate) fn run(traffic: &Traffic<'_>, notes: Notes, interrupt: &Interrupt) -> Result<(), Exit> {
    let (endpoints, pattern) = check(traffic)?;
    let args = traffic.options;
    let separators = separators(args)?;
    let mut output = Output::new(args, &separators)?;
    let mut options = Options::default();
    options.security = security::security(args, traffic.role)?;
    options.peer_info = output.names_peer();
    // A command that is told to publish a file publishes all of it.
    options.wait_for_slow = pattern == Pattern::Pub;
    if traffic.role == Role::Client && pattern == Pattern::Req {
        // Nothing is queued for a server that is not there: it would be asked long after we have given up.
        options.immediate = Some(true);
    }
    let commands = Commands::new(traffic, &separators, interrupt);
    let input = || Input::new(args, &separators);
    let end = End::new(traffic, &endpoints, options, notes)?;
    let session = Session {
        interrupt,
        notes,
        limits: Limits::new(args),
    };
    if pattern.prints() {
        interrupt.watch_stdout()?;
    }
    match pattern {
        Pattern::Push => {
            let push = end.push()?;
            interrupt.stops(&push)?;
            let connected = |time| push.wait_connected(args.wait_for, time);
            let outcome = send::all(
                &session,
                &push,
                Sender::new(args, input()?, notes),
                connected,
            );
            session.close(push, outcome)
        }
        Pattern::Pub => {
            let mut publisher = end.publish()?;
            interrupt.stops(&publisher)?;
            if let [topic] = &args.topic[..] {
                publisher = match args.embed_topic {
                    true => publisher.topic(topic),
                    false => publisher.prefix(topic),
                };
            }
            let subscribed = |time| publisher.wait_for_subscribers(args.wait_for, time);
            let sender = Sender::new(args, input()?, notes);
            let outcome = send::all(&session, &publisher, sender, subscribed);
            session.close(publisher, outcome)
        }
        Pattern::Pull => {
            let pull = end.pull()?;
            interrupt.stops(&pull)?;
            receive::all(&session, &pull, commands.as_ref(), &mut output)
        }
        Pattern::Sub => {
            let all = [String::new()];
            let topics = if args.topic.is_empty() {
                &all
            } else {
                &args.topic[..]
            };
            let subscriber = end.subscribe(topics)?;
            interrupt.stops(&subscriber)?;
            receive::all(&session, &subscriber, commands.as_ref(), &mut output)
        }
        Pattern::Req => {
            let requester = end.request()?;
            interrupt.stops(&requester)?;
            let sender = Sender::new(args, input()?, notes);
            request::all(&session, &requester, sender, &mut output)
        }
        Pattern::Rep => {
            let replier = end.reply()?;
            interrupt.stops(&replier)?;
            let replies = match commands {
                Some(commands) => Replies::Commands(commands),
                None if args.echo => Replies::Echo,
                None => Replies::Input(input()?, !args.message.is_empty()),
            };
            let outcome = reply::all(&session, &replier, replies, &mut output);
            session.close(replier, outcome)
        }
        Pattern::Pair => {
            let pair = end.pair()?;
            interrupt.stops(&pair)?;
            let sender = Sender::new(args, input()?, notes).uncounted();
            let after_eof = args.after_eof.unwrap_or(Duration::from_secs(1));
            let outcome = pair::both(
                &session,
                &pair,
                sender,
                args.wait_for,
                after_eof,
                &mut output,
            );
            session.close(pair, outcome)
        }
    }
}

/// What separates messages and their frames.
fn separators(args: &TrafficArgs) -> Result<Separators, Exit> {
    let read = |option: &str, text: &String| match unescape(text) {
        Ok(bytes) if bytes.is_empty() => Err(Exit::usage(format_args!("{option} is empty"))),
        Ok(bytes) => Ok(bytes),
        Err(mistake) => Err(Exit::usage(format_args!("{option}: {mistake}"))),
    };
    let part = args.part_delimiter.as_ref().map(|text| read("-K", text));
    let end = args.delimiter.as_ref().map(|text| read("-D", text));
    let default = if args.null { b"\0" } else { b"\n" };
    Ok(Separators {
        part: part.transpose()?,
        end: end.transpose()?.unwrap_or_else(|| default.to_vec()),
    })
}
