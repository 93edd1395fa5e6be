use std::io::{self, Read, Write};
use std::thread;

fn main() {
    let mut text = String::new();
    io::stdin().read_to_string(&mut text).unwrap();
    let words: Vec<&str> = text.split_whitespace().collect();
    match words[0] {
        "sum" => println!("{}", words[1..].iter().map(|one| one.parse::<i32>().unwrap()).sum::<i32>()),
        "crash" => println!("{}", words[9]),
        "loop" => while std::env::args().count() > 0 {},
        "hog" => { let mut kept = Vec::new(); while kept.len() < 9999 { kept.push(vec![1u8; 1 << 20]); } println!("{}", kept[9].len()); }
        "flood" => loop { if io::stdout().write_all(&[b'x'; 65536]).is_err() { return; } },
        "both" => { thread::spawn(|| print!("4")).join().unwrap(); println!("2"); }
        _ => println!(),
    }
}
