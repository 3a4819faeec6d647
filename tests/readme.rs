//! The README's programs compile: each stands here, word for word.

#![cfg(feature = "zre")]

/// Programs to be compiled, and not run.
#[allow(dead_code)]
mod programs {
    fn pull() -> zeroless::Result<()> {
        use zeroless::Server;

        for msg in Server::bind(12345)?.pull()? {
            println!("{msg}");
        }
        Ok(())
    }

    fn push() -> zeroless::Result<()> {
        use zeroless::Client;

        let push = Client::connect(12345)?.push()?; // or ("host", 12345)
        push.send("hello")?; // one frame
        push.send(("id", b"payload"))?; // a tuple is a message of several
        Ok(())
    }

    #[cfg(feature = "rpc")]
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Add {
        a: i64,
        b: i64,
    }
    #[cfg(feature = "rpc")]
    zeroless::rpc::command!(Add -> i64);

    #[cfg(feature = "rpc")]
    fn calls() -> Result<i64, Box<dyn std::error::Error>> {
        use zeroless::rpc;

        // Calls of commands, with the feature `rpc`.
        rpc::Server::bind(30000)?
            .serve(|add: Add| Ok(add.a + add.b))
            .run()?;
        let sum = rpc::Client::connect(30000)?.call(&Add { a: 1, b: 2 })?;
        Ok(sum)
    }

    #[cfg(feature = "station")]
    fn stations(frame: Vec<u16>) -> zeroless::Result<()> {
        use zeroless::station::{Message, Node};

        // Nodes reached by id, by way of stations, with the feature `station`.
        let site = Node::builder("site").bind(5560).start()?;
        let disk = Node::builder("disk")
            .upstream(("site.example", 5560))
            .start()?;
        disk.listen("FRAME", |frame: Vec<u16>, _: &Message| {
            println!("{} pixels", frame.len())
        })?;

        let camera = Node::builder("camera")
            .upstream(("site.example", 5560))
            .start()?;
        camera.send("disk", "FRAME", &frame)?.wait()?; // delivered: its handler has finished
        drop(site);
        Ok(())
    }

    fn discovery() -> zeroless::Result<()> {
        use zeroless::{Server, zre};

        // One machine announces its server, under a name …
        let server = Server::bind(0)?;
        let pull = server.pull()?;
        let _announcement = zre::announce("jobs", &server)?;

        // … and another finds it. No address anywhere.
        zre::discover("jobs")?.push()?.send("work")?;
        drop(pull);
        Ok(())
    }
}

/// The words of a text, however they are laid out.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_programs_of_the_readme_are_those_that_are_compiled_here() {
    let compiled = words(include_str!("readme.rs"));
    let readme = include_str!("../README.md");
    let programs: Vec<&str> = readme
        .split("```rust\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap_or(rest))
        .collect();
    assert_eq!(programs.len(), 5);
    for program in programs {
        assert!(compiled.contains(&words(program)), "{program}");
    }
}
