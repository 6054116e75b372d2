//! The program `dagsform`.

fn main() -> std::process::ExitCode {
    dagsform::command::main()
}
