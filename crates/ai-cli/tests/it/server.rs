//! A server of one answer, for a binary that needs a real one.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;

use assert_cmd::Command;

/// The binary in an empty folder with an empty environment, so that nothing of the machine leaks in.
pub(crate) fn ai(folder: &std::path::Path) -> Command {
    let mut command = Command::cargo_bin("ai").unwrap();
    command.env_clear().current_dir(folder);
    command
}

/// Answers as many requests as there are responses, and gives back what was asked. A response without a length stays open
/// until the last one was given.
pub(crate) fn serve(responses: Vec<String>) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let served = std::thread::spawn(move || {
        let mut requests = Vec::new();
        let mut open = Vec::new();
        for response in responses {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut buffer = [0; 4096];
            while !is_whole(&request) {
                let read = stream.read(&mut buffer).unwrap();
                assert_ne!(read, 0, "the request was cut");
                request.extend_from_slice(&buffer[..read]);
            }
            stream.write_all(response.as_bytes()).unwrap();
            requests.push(String::from_utf8(request).unwrap());
            if !response.contains("content-length") {
                open.push(stream);
            }
        }
        requests
    });
    (address, served)
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}

pub(crate) fn response(status: &str, content_type: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}
