"""Names of people who are not: given and family names that are common where they come from, put together by chance."""

import random
import unicodedata
from collections.abc import Iterator

# Locale, given names, family names.
_FROM = (
    ("en", "Olivia Jack Amelia Harry Isla George Ruby Callum Freya Owen Niamh Declan",
     "Hughes Carter Bennett Doyle Fraser Walsh Turner Pryce Marsh Whitfield Lowe Sinclair"),
    ("de", "Lena Jonas Mia Felix Hannah Moritz Clara Lukas Greta Anton Ida Till",
     "Brandt Vogel Krüger Winter Lorenz Böhm Seidel Haas Thoma Engel Jäger Pohl"),
    ("fr", "Camille Hugo Léa Théo Manon Louis Inès Jules Chloé Bastien Élise Rémi",
     "Moreau Lefèvre Girard Bonnet Roussel Fontaine Marchand Perrin Caron Gauthier Masson Blanchard"),
    ("es", "Lucía Mateo Sofía Diego Valeria Javier Elena Andrés Paula Tomás Carmen Iker",
     "Navarro Ortega Castillo Vidal Romero Iglesias Campos Serrano Fuentes Aguilar Medina Peña"),
    ("pt", "Beatriz João Mariana Pedro Inês Rafael Carolina Tiago Larissa Bruno Júlia Caio",
     "Ferreira Almeida Carvalho Ribeiro Teixeira Barbosa Moura Nogueira Pinto Azevedo Lopes Cardoso"),
    ("pl", "Zofia Jakub Maja Szymon Hanna Kacper Oliwia Michał Julia Bartosz Alicja Wojciech",
     "Zieliński Kamińska Mazur Wójcik Krawczyk Pawlak Sikora Baran Duda Szewczyk Walczak Kubiak"),
    ("tr", "Elif Emre Zeynep Mert Defne Kerem Ayşe Can Selin Burak Ece Deniz",
     "Yılmaz Kaya Demir Şahin Çelik Aydın Arslan Doğan Kılıç Polat Güneş Korkmaz"),
    ("ar", "Layla Omar Yasmin Karim Noor Hassan Salma Youssef Rania Tariq Mariam Ziad",
     "Haddad Mansour Khalil Nasser Saleh Farouk Hamdan Aziz Sabbagh Rahal Darwish Qasim"),
    ("hi", "Aarav Ananya Rohan Diya Vikram Isha Arjun Meera Kabir Kavya Nikhil Priya",
     "Sharma Patel Iyer Reddy Banerjee Mehta Nair Chopra Kulkarni Joshi Rao Bhatt"),
    ("zh", "Wei Xinyi Hao Yutong Jun Ziyi Chen Mengyao Bo Siyu Lei Yifan",
     "Wang Li Zhang Liu Chen Yang Huang Zhao Wu Zhou Xu Lin"),
    ("ja", "Haruto Yui Sota Aoi Ren Hina Yuto Sakura Kaito Mio Riku Akari",
     "Sato Suzuki Takahashi Tanaka Watanabe Yamamoto Nakamura Kobayashi Kato Yoshida Mori Ishikawa"),
    ("vi", "Linh Minh Trang Huy Mai Khoa Thảo Nam Hà Phúc Lan Quân",
     "Nguyễn Trần Lê Phạm Hoàng Vũ Đặng Bùi Đỗ Hồ Ngô Dương"),
    ("ko", "Minjun Seoyeon Jiho Haeun Dohyun Jiwoo Seojun Yuna Hyunwoo Sua Taeyang Eunji",
     "Kim Lee Park Choi Jung Kang Cho Yoon Jang Lim Han Shin"),
    ("yo", "Adaeze Chinedu Folake Kwame Amara Tunde Efua Kofi Zainab Emeka Ngozi Sekou",
     "Okafor Adeyemi Mensah Balogun Eze Boateng Nwosu Diallo Okonkwo Asante Traoré Ibrahim"),
    ("nb", "Ingrid Lars Astrid Erik Solveig Magnus Freja Oskar Linnea Mikkel Saga Aksel",
     "Hansen Lindqvist Berg Nygaard Dahl Holm Sørensen Eriksson Lund Strand Virtanen Korhonen"),
)  # fmt: skip


def people(rng: random.Random) -> Iterator[tuple[str, str, str]]:
    """Give (locale, given name, family name) of one person after another; no name comes twice as long as there are others."""
    used: set[tuple[str, str]] = set()
    most = sum(len(given.split()) * len(family.split()) for _, given, family in _FROM)
    while True:
        locale, given, family = rng.choice(_FROM)
        # Some have parents from different places.
        other = family if rng.random() < 0.9 else rng.choice(_FROM)[2]
        found = (locale, rng.choice(given.split()), rng.choice(other.split()))
        if found[1:] not in used or len(used) >= most // 2:
            used.add((found[1], found[2]))
            yield found


def numbered(number: int) -> tuple[str, str]:
    """Return the given and the family name that always go with a number: of some two thousand pairs, each in its turn."""
    turn, place = divmod(number, len(_FROM))
    given, family = (names.split() for names in _FROM[place][1:])
    return given[turn % len(given)], family[turn // len(given) % len(family)]


def address(given: str, family: str, number: int) -> str:
    """Return an e-mail address that can belong to nobody (RFC 2606)."""
    plain = unicodedata.normalize("NFKD", f"{given}.{family}".replace("ı", "i").replace("đ", "d").replace("Đ", "D"))
    return f"{plain.encode('ascii', 'ignore').decode().lower()}{number}@students.example"
