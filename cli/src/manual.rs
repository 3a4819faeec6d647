//! The manual page: the help of all commands.

use std::io;

use clap::Command;
use clap_mangen::Man;

use crate::exit::Exit;

/// The page, in roff.
pub(crate) fn page(command: Command) -> Result<Vec<u8>, Exit> {
    let render = || -> io::Result<Vec<u8>> {
        let mut page = Vec::new();
        let mut command = command;
        command.build();
        Man::new(command.clone()).render(&mut page)?;
        for one in command.get_subcommands().filter(|it| !it.is_hide_set()) {
            let man = Man::new(one.clone());
            page.extend_from_slice(format!(".SH \"zeroless {}\"\n", one.get_name()).as_bytes());
            man.render_description_section(&mut page)?;
            man.render_options_section(&mut page)?;
        }
        Ok(page)
    };
    render().map_err(|error| Exit::failed(format_args!("the manual page: {error}")))
}
