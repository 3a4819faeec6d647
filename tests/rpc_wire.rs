//! The server of calls, asked by programs without this library: frame by frame, as docs/rpc.md has it.
#![cfg(feature = "rpc")]

#[path = "support/served.rs"]
mod served;
mod support;

use serde::{Deserialize, Serialize};
use served::{ask, stranger};
use support::{SOON, deadline};
use zeroless::rpc::{self, Running};

#[derive(Serialize, Deserialize)]
struct Add {
    a: i64,
    b: i64,
}
rpc::command!(Add = "math.add" -> i64);

#[derive(Serialize, Deserialize)]
struct Shout(String);
rpc::command!(Shout = "shout" -> String);

fn server() -> Running {
    let server = rpc::Server::bind_local(0).unwrap();
    let server = server.serve(|add: Add| Ok(add.a + add.b));
    let server = server.serve(|shout: Shout| Ok(shout.0.to_uppercase()));
    server.start().unwrap()
}

#[test]
fn each_question_has_the_answer_of_the_docs() {
    deadline(|| {
        let server = server();
        let dealer = stranger(&server);
        let questions: [(&[&str], &[&str]); 12] = [
            (
                &["[1,0,7,9999,\"math.add\",1]", r#"{"a":1,"b":2}"#],
                &["[1,1,7,1]", "3"],
            ),
            (
                &["[1, 0, 7, null, \"math.add\", 1]", "[1, 2]"],
                &["[1,1,7,1]", "3"],
            ),
            // A body of another encoding than the envelope has.
            (
                &["[1,0,7,null,\"math.add\",0]", "\u{2}"],
                &[
                    r#"[1,2,7,3,"the service does not understand the command: invalid type: integer `2`, expected struct Add",["","invalid type: integer `2`, expected struct Add"],null]"#,
                ],
            ),
            (
                &["[1,0,7,null,\"shout\",0]", "\u{0}"],
                &[
                    r#"[1,2,7,3,"the service does not understand the command: invalid type: integer `0`, expected a string",["","invalid type: integer `0`, expected a string"],null]"#,
                ],
            ),
            (
                &["[1,0,7,null,\"shout\",2]", "hello \u{e4}"],
                &["[1,1,7,2]", "HELLO \u{c4}"],
            ),
            (&["[1,0,7,null,\"shout\",2]", ""], &["[1,1,7,2]", ""]),
            (
                &["[1,0,7,null,\"math.add\",2]", "12"],
                &[
                    r#"[1,2,7,3,"the service does not understand the command: bare bytes are a text, bytes or nothing, and this is a struct with fields: use MessagePack or JSON",["","bare bytes are a text, bytes or nothing, and this is a struct with fields: use MessagePack or JSON"],null]"#,
                ],
            ),
            (
                &["[1,0,7,null,\"math.ad\",1]", "{}"],
                &[
                    r#"[1,2,7,2,"the server has no command `math.ad`; did you mean `math.add`?",["math.ad","math.add"],null]"#,
                ],
            ),
            (
                &["[1,0,7,0,\"shout\",2]", "hello"],
                &[
                    r#"[1,2,7,9,"the time was over before the server could begin; give the call more time, or the server less to do",[],null]"#,
                ],
            ),
            (
                &["[1,0,7,null,\"shout\",2]"],
                &[
                    r#"[1,2,7,10,"the two ends do not understand each other: a call has two frames: the envelope and the body",["a call has two frames: the envelope and the body",1],null]"#,
                ],
            ),
            (
                &["[1,0,7,null,\"shout\",3]", "x"],
                &[
                    r#"[1,2,7,10,"the two ends do not understand each other: there is no type of body with the number 3",["there is no type of body with the number 3",1],null]"#,
                ],
            ),
            (&["[1,5,7]"], &["[1,6,7]"]),
        ];
        for (question, expected) in questions {
            let frames: Vec<_> = question.iter().map(|frame| frame.as_bytes()).collect();
            let answer = ask(&dealer, &frames);
            assert_eq!(answer, *expected, "{question:?}");
        }
    });
}

#[test]
fn message_pack_is_answered_in_message_pack() {
    deadline(|| {
        let server = server();
        let dealer = stranger(&server);
        let call = b"\x96\x01\x00\x07\xc0\xa8math.add\x00";
        let answer = ask(&dealer, &[call, b"\x82\xa1a\x01\xa1b\x02"]);
        assert_eq!(answer, [&b"\x94\x01\x01\x07\x00"[..], b"\x03"]);
        // A list, in the order of the fields, in the longest numbers; and an id of 64 bits.
        let call = b"\x96\x01\x00\xcf\xff\xff\xff\xff\xff\xff\xff\xff\xc0\xa8math.add\x00";
        let answer = ask(
            &dealer,
            &[call, b"\x92\xd3\xff\xff\xff\xff\xff\xff\xff\xff\xff"],
        );
        let head = b"\x94\x01\x01\xcf\xff\xff\xff\xff\xff\xff\xff\xff\x00";
        assert_eq!(answer, [&head[..], b"\xfe"]);
        assert_eq!(ask(&dealer, &[b"\x93\x01\x05\x07"]), b"\x93\x01\x06\x07");
    });
}

#[test]
fn a_list_has_what_the_docs_say() {
    deadline(|| {
        let docs = include_str!("../docs/rpc.md");
        let server = server();
        let dealer = stranger(&server);
        let answer = ask(&dealer, &[b"[1,7,7]"]);
        assert_eq!(answer[0], "[1,1,7,1]");
        let commands: Vec<serde_json::Map<_, _>> = serde_json::from_slice(&answer[1]).unwrap();
        let names: Vec<_> = commands.iter().map(|it| it["name"].as_str()).collect();
        assert_eq!(names, [Some("math.add"), Some("shout")]);
        for field in commands[0].keys() {
            assert!(docs.contains(&format!("`{field}`")), "{field}");
        }
    });
}

#[test]
fn mistakes_have_the_words_of_the_docs() {
    deadline(|| {
        let docs = include_str!("../docs/rpc.md");
        let server = server();
        let dealer = stranger(&server);
        let questions: [&[&[u8]]; 4] = [
            &[b"[1,0,7,null,\"math.add\",1]", br#"{"a":"one","b":2}"#],
            &[b"[1,0,7,null,\"math.ad\",1]", b"{}"],
            &[b"[1,0,7,0,\"shout\",2]", b"hello"],
            &[b"[1,9,7]"],
        ];
        for question in questions {
            let answer = ask(&dealer, question)[0].to_string();
            let line = docs.lines().find(|line| **line == *answer);
            assert!(line.is_some(), "{answer}");
        }
        // The id is not looked for behind a kind that is not one.
        let answer = ask(&dealer, &[b"[1,-1,7]"])[0].to_string();
        assert!(answer.starts_with("[1,2,0,10,"), "{answer}");
    });
}

#[test]
fn any_number_of_calls_is_told_apart_by_their_ids() {
    deadline(|| {
        let server = server();
        let dealer = stranger(&server);
        for id in 0..100 {
            let call = format!("[1,0,{id},null,\"math.add\",1]");
            dealer.send(("", call, format!("[{id},{id}]"))).unwrap();
            let cast = format!("[1,8,{id},null,\"math.add\",1]");
            dealer.send(("", cast, "[1,1]")).unwrap();
            dealer.send(("", format!("[1,4,{}]", 1000 + id))).unwrap();
        }
        let mut answers: Vec<(u64, u64)> = (0..100)
            .map(|_| {
                let answer = dealer.recv_timeout(SOON).unwrap();
                let head: (u64, u64, u64, u64) = serde_json::from_slice(&answer[1]).unwrap();
                assert_eq!((head.0, head.1, head.3), (1, 1, 1));
                (head.2, serde_json::from_slice(&answer[2]).unwrap())
            })
            .collect();
        answers.sort();
        assert!(answers.into_iter().eq((0..100).map(|id| (id, 2 * id))));
    });
}
