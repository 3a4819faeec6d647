//! Where messages go and come from: a server, a client, or servers that are found by name.

use std::sync::OnceLock;

use zeroless::zre::{self, Announcement, Discovery};
use zeroless::{
    Client, Options, Pair, Publisher, Pull, Push, Replier, Requester, Result, Server, Subscriber,
};

use crate::args::{Role, Traffic};
use crate::exit::Exit;
use crate::notes::Notes;

/// An end; its patterns are methods.
pub(crate) enum End {
    Server {
        server: Server,
        name: Option<String>,
        announcement: OnceLock<Announcement>,
    },
    Client(Client),
    Discovery(Box<Discovery>),
}

/// Gives ends the patterns as methods.
macro_rules! opens {
    ($($open:ident($($topics:ident)?) -> $handle:ty;)*) => {
        impl End {$(
            pub(crate) fn $open(&self $(, $topics: &[String])?) -> Result<$handle> {
                match self {
                    End::Server { server, .. } => {
                        let handle = server.$open($($topics)?)?;
                        self.announce()?;
                        Ok(handle)
                    }
                    End::Client(client) => client.$open($($topics)?),
                    End::Discovery(discovery) => discovery.$open($($topics)?),
                }
            }
        )*}
    };
}

opens! {
    push() -> Push;
    pull() -> Pull;
    publish() -> Publisher;
    subscribe(topics) -> Subscriber;
    request() -> Requester;
    reply() -> Replier;
    pair() -> Pair;
}

impl End {
    /// Binds or connects.
    pub(crate) fn new(
        traffic: &Traffic<'_>,
        endpoints: &[&str],
        options: Options,
        notes: Notes,
    ) -> std::result::Result<End, Exit> {
        let name = match endpoints {
            [only] => only.strip_prefix('@'),
            several if several.iter().any(|it| it.starts_with('@')) => {
                return Err(Exit::usage("@NAME stands for all endpoints, alone"));
            }
            _ => None,
        };
        match (traffic.role, name) {
            (Role::Client, Some(name)) => {
                let discovery = zre::discover(name)?.options(options);
                Ok(End::Discovery(Box::new(discovery)))
            }
            (Role::Client, None) => {
                let mut client = Client::new().options(options);
                for endpoint in endpoints {
                    client = connect(&client, endpoint, traffic.options.ip.as_deref())?;
                }
                Ok(End::Client(client))
            }
            (Role::Server, name) => {
                let endpoints = if name.is_some() { &["0"] } else { endpoints };
                let server = bind(endpoints)?.options(options);
                let is_chosen = endpoints.iter().any(|it| *it == "0" || it.ends_with(":0"));
                for endpoint in server.endpoints() {
                    match is_chosen {
                        true => notes.tell(format_args!("listening on {endpoint}")),
                        false => notes.detail(format_args!("listening on {endpoint}")),
                    }
                }
                Ok(End::Server {
                    server,
                    name: name.map(str::to_owned),
                    announcement: OnceLock::new(),
                })
            }
        }
    }

    /// Announces a server that has a name, once its pattern is chosen.
    fn announce(&self) -> Result<()> {
        if let End::Server {
            server,
            name: Some(name),
            announcement,
        } = self
        {
            // Only the first pattern is opened.
            drop(announcement.set(zre::announce(name, server)?));
        }
        Ok(())
    }
}

fn connect(client: &Client, endpoint: &str, host: Option<&str>) -> Result<Client> {
    match (port(endpoint), host) {
        (Some(port), Some(host)) => client.connect((host, port)),
        (Some(port), None) => client.connect(port),
        (None, _) => client.connect(endpoint),
    }
}

fn bind(endpoints: &[&str]) -> Result<Server> {
    let mut server: Option<Server> = None;
    for endpoint in endpoints {
        server = Some(match (server, port(endpoint)) {
            (None, Some(port)) => Server::bind(port)?,
            (None, None) => Server::bind(*endpoint)?,
            (Some(server), Some(port)) => server.bind_more(port)?,
            (Some(server), None) => server.bind_more(*endpoint)?,
        });
    }
    match server {
        Some(server) => Ok(server),
        None => Server::bind(0),
    }
}

/// An endpoint to bind, in full where it is a port alone.
pub(crate) fn to_bind(endpoint: &str) -> String {
    match port(endpoint) {
        Some(port) => format!("tcp://*:{port}"),
        None => in_full(endpoint),
    }
}

/// An endpoint to connect to, in full where it is a port alone.
pub(crate) fn to_connect(endpoint: &str) -> String {
    match port(endpoint) {
        Some(port) => format!("tcp://127.0.0.1:{port}"),
        None => in_full(endpoint),
    }
}

fn in_full(endpoint: &str) -> String {
    match endpoint.contains(':') && !endpoint.contains(":/") {
        true => format!("tcp://{endpoint}"),
        false => endpoint.to_owned(),
    }
}

fn port(endpoint: &str) -> Option<i64> {
    endpoint.parse().ok()
}
