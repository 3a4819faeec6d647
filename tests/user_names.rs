//! The names of users may be any text of 1 to 255 bytes, and messages tell them as they are.

mod support;

use support::{SOON, deadline};
use zeroless::security::{Access, Password, Plain};
use zeroless::{Client, Server};

#[test]
fn a_message_tells_its_users_name_byte_by_byte() {
    deadline(|| {
        let long = ["x".repeat(255), "é".repeat(127), "\u{1f600}".repeat(63)];
        let mut names = vec![
            " ",
            "ann ",
            " ann",
            "ann\n",
            "ann\r\nbob",
            "\t",
            "\u{1}",
            "\u{7f}",
            "\u{feff}ann",
            "User-Id",
            "0",
            "%s%n",
            "a=b",
            "ANN",
            "a\u{301}",
            "á",
            "\u{202e}nna",
            "\\0",
            "ann\"",
        ];
        names.extend(long.iter().map(String::as_str));
        let access = Access::new();
        for (number, name) in names.iter().enumerate() {
            let password = Password::new(format!("of {number}")).unwrap();
            access.user(name, password).unwrap();
        }
        let server = Server::bind_local(0)
            .unwrap()
            .security(Plain::server(access));
        let replier = server.reply().unwrap();
        for (number, name) in names.iter().enumerate() {
            let password = Password::new(format!("of {number}")).unwrap();
            let client = Client::connect(server.port()).unwrap();
            let requester = client
                .security(Plain::user(*name, password))
                .request()
                .unwrap();
            let _pending = requester.start("hello").unwrap();
            let request = replier.recv_timeout(SOON).unwrap();
            assert_eq!(request.user(), Some(*name));
        }
    });
}
