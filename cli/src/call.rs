//! `zeroless call` and `zeroless services`: calls of commands.

use std::io::Read;
use std::time::Duration;

use serde_json::Value;
use zeroless::rpc::{CallError, Client, Failure};

use crate::args::{CallArgs, ServicesArgs};
use crate::ends::to_connect;
use crate::exit::Exit;
use crate::output::print;
use crate::peers::columns;

/// Calls a command, and prints its reply.
pub(crate) fn call(args: &CallArgs) -> Result<(), Exit> {
    let value = match args.value.as_str() {
        "-" => {
            let mut text = String::new();
            let read = std::io::stdin().read_to_string(&mut text);
            read.map_err(|error| Exit::failed(format_args!("stdin: {error}")))?;
            text
        }
        text => text.to_owned(),
    };
    let value: Value = serde_json::from_str(&value)
        .map_err(|error| Exit::usage(format_args!("the value is not JSON: {error}")))?;
    let client = client(&args.endpoint, args.timeout)?;
    let reply: Value = client.call_by_name(&args.command, &value).map_err(failed)?;
    print(format!("{reply}\n").as_bytes())
}

/// Lists the commands of a server.
pub(crate) fn services(args: &ServicesArgs) -> Result<(), Exit> {
    let client = client(&args.endpoint, args.timeout)?;
    client.wait_connected(1, args.timeout)?;
    let mut rows = vec![
        [
            "NAME", "CALLS", "FAILED", "REFUSED", "MEAN", "LONGEST", "SERVER",
        ]
        .map(str::to_owned),
    ];
    let mut objects = String::new();
    for (endpoint, listed) in client.list() {
        for it in listed.map_err(failed)? {
            let time = |ns| format!("{:.1?}", Duration::from_nanos(ns));
            let refused = it.bad_requests + it.busy + it.denied;
            objects += &serde_json::json!({
                "name": it.name, "calls": it.calls, "failed": it.failed, "panicked": it.panicked,
                "bad_requests": it.bad_requests, "busy": it.busy, "denied": it.denied,
                "expired": it.expired, "cancelled": it.cancelled,
                "mean_ns": it.mean_ns, "max_ns": it.max_ns, "server": endpoint.to_string(),
            })
            .to_string();
            objects.push('\n');
            rows.push([
                crate::node::plain(&it.name),
                it.calls.to_string(),
                (it.failed + it.panicked).to_string(),
                refused.to_string(),
                time(it.mean_ns),
                time(it.max_ns),
                endpoint.to_string(),
            ]);
        }
    }
    let text = if args.json { objects } else { columns(&rows) };
    print(text.as_bytes())
}

fn client(endpoint: &str, timeout: Duration) -> Result<Client, Exit> {
    let client = match endpoint.strip_prefix('@') {
        Some(name) => Client::discover(name)?,
        None => Client::connect(to_connect(endpoint))?,
    };
    Ok(client.timeout(timeout))
}

fn failed(error: CallError<Failure>) -> Exit {
    match &error {
        CallError::NotSent { reason, .. } | CallError::MayHaveRun { reason, .. }
            if reason.is_timeout() =>
        {
            Exit::Timeout(error.to_string())
        }
        _ => Exit::failed(error),
    }
}
