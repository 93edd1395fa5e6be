// Runs one GoogleTest and reports it; with a file behind a question mark it lists its tests. It takes the word that makes a
// report believed out of everybody's sight before any other code of this program runs.
#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <vector>

namespace {

char given[4096];
int out = -1;

void take() {
  if (out >= 0) return;
  ssize_t size = 0, more = 0;
  while (size < ssize_t(sizeof given) - 1 && (more = read(0, given + size, sizeof given - 1 - size)) > 0) size += more;
  if (ftruncate(0, 0) != 0) _exit(3);
  int nothing = open("/dev/null", O_RDONLY);
  dup2(nothing, 0);
  close(nothing);
  out = fcntl(1, F_DUPFD, 200);
  dup2(2, 1);
}

// Before every constructor, also those of the answer.
__attribute__((section(".preinit_array"), used)) void (*const first)() = take;

std::string json(const std::string &text) {
  std::string said = "\"";
  for (unsigned char one : text) {
    char escaped[8];
    if (one == '"' || one == '\\') said += '\\', said += char(one);
    else if (one < 0x20) snprintf(escaped, sizeof escaped, "\\u%04x", one), said += escaped;
    else said += char(one);
  }
  return said + '"';
}

std::string base(const char *path) {
  std::string name = path ? path : "";
  return name.substr(name.rfind('/') + 1);
}

std::string name_of(const testing::TestInfo &test) {
  return base(test.file()) + "::" + test.test_suite_name() + "." + test.name();
}

class Listening : public testing::EmptyTestEventListener {
 public:
  std::string words;
  bool skipped = false, is_control = false;

  void OnTestStart(const testing::TestInfo &test) override {
    is_control = std::string(test.test_suite_name()) == "LtiGraderControl";
  }

  void OnTestPartResult(const testing::TestPartResult &part) override {
    if (is_control) return;
    if (part.skipped()) skipped = true;
    if (!part.failed() || words.size() > 1500) return;
    if (!words.empty()) words += '\n';
    if (part.file_name()) words += base(part.file_name()) + ":" + std::to_string(part.line_number()) + ": ";
    words += part.message();
  }
};

std::string status_of(const testing::TestInfo *test, const testing::TestInfo *control, bool skipped) {
  if (!test || !test->should_run()) return "lost";
  if (!control || !control->result()->Failed()) return "tampered";
  if (skipped || test->result()->Skipped()) return "skipped";
  return test->result()->Passed() ? "pass" : "fail";
}

void report(const std::string &word, const std::string &what) {
  std::string line = word + " " + what + "\n";
  fflush(nullptr);
  if (write(out, line.data(), line.size()) < 0) _exit(3);
  _exit(0);
}

std::vector<const testing::TestInfo *> every() {
  std::vector<const testing::TestInfo *> found;
  auto &all = *testing::UnitTest::GetInstance();
  for (int i = 0; i < all.total_test_suite_count(); i++)
    for (int j = 0; j < all.GetTestSuite(i)->total_test_count(); j++)
      found.push_back(all.GetTestSuite(i)->GetTestInfo(j));
  return found;
}

}  // namespace

TEST(LtiGraderControl, Fails) { EXPECT_EQ(1, 2); }

int main() {
  std::string all = given, test = all.substr(0, all.find('\n'));
  std::string word = all.substr(test.size() + 1, all.find('\n', test.size() + 1) - test.size() - 1);
  for (char &one : given) one = 0;
  int count = 1;
  char program[] = "main", *arguments[] = {program, nullptr};
  testing::InitGoogleTest(&count, arguments);
  if (test[0] == '?') {
    std::string listed;
    for (auto *one : every())
      if (base(one->file()) == test.substr(1))
        listed += (listed.empty() ? "" : ", ") + ("{\"name\": " + json(name_of(*one)) + "}");
    report(word, "{\"tests\": [" + listed + "]}");
  }
  auto &listeners = testing::UnitTest::GetInstance()->listeners();
  delete listeners.Release(listeners.default_result_printer());
  auto *listening = new Listening;
  listeners.Append(listening);
  testing::GTEST_FLAG(filter) = test.substr(test.find("::") + 2) + ":LtiGraderControl.Fails";
  if (RUN_ALL_TESTS() == 0) report(word, "{\"status\": \"tampered\"}");
  const testing::TestInfo *mine = nullptr, *control = nullptr;
  for (auto *one : every()) {
    if (name_of(*one) == test) mine = one;
    if (name_of(*one) == "gtest_driver.cpp::LtiGraderControl.Fails") control = one;
  }
  std::string status = status_of(mine, control, listening->skipped);
  report(word, "{\"status\": " + json(status) + ", \"message\": " + json(status == "fail" ? listening->words : "") + "}");
}
