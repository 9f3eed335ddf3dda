// The journal of a run: what is read is what was written, whatever was done to the file.
#include <shockstep/error.hpp>
#include <shockstep/random.hpp>

#include "core/bytes.hpp"
#include "core/exact_sum.hpp"
#include "core/open_work.hpp"
#include "output/journal.hpp"
#include "output/tables.hpp"
#include "records/columns.hpp"
#include "records/run_tally.hpp"
#include "support/test.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>
#include <set>
#include <thread>

using namespace shockstep;

namespace {

namespace fs = std::filesystem;

std::string file(const std::string& name) {
  const auto folder = fs::temp_directory_path() / "shockstep core_journal";
  fs::create_directories(folder);
  return (folder / name).string();
}

std::string read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

// Numbers that differ from field to field; every third has events, every fourth steps.
DoneTrajectory made(std::int64_t i) {
  const auto v = static_cast<double>(i);
  DoneTrajectory t;
  t.report = {.trajectory = i,
              .status = static_cast<Status>(i % 4),
              .evaluations = static_cast<int>(20 + i),
              .probes = 3,
              .accepted = 17,
              .rejected = 2,
              .passes = 1 + static_cast<int>(i % 2),
              .exponent = v / 7,
              .error_estimate = i % 5 ? v / 3 : std::nan(""),
              .score = 1 / (v + 1),
              .noise_limited = static_cast<int>(i % 3),
              .noise = v * 1e-5,
              .noise_excess = v + .5,
              .blown_up = i % 7 == 6,
              .drift = .9 + v * 1e-3,
              .asymmetry2 = i % 2 ? v * 1e-4 : std::nan(""),
              .events = {}};
  if (i % 3 == 0)
    t.report.events = {
        {.trajectory = i, .kind = EventKind::enter, .sigma = 1.1, .lam = -.1, .step = 4, .direction = {}},
        {.trajectory = i,
         .kind = EventKind::speciation,
         .sigma = v,
         .sigma_low = .1,
         .sigma_high = .3,
         .time = .7,
         .lam = 2,
         .rate = .4,
         .exponent = .6,
         .step = 9,
         .direction = {.6, -.8}}};
  t.sample = {v * M_PI, -v / 3};
  if (i % 4 == 0)
    for (int k = 0; k < 3; ++k)
      t.steps.push_back({.trajectory = i, .pass = 1, .lam = k * .1, .h = .1, .error = v, .accepted = k != 1});
  return t;
}

// All that the files of a run say of it.
std::string text(const DoneTrajectory& t) {
  std::string out;
  append_line(out, t.report);
  for (const Event& event : t.report.events) append_line(out, event);
  for (const StepRecord& step : t.steps) append_line(out, step);
  for_each_member(trajectory_columns, [&](const auto& column) { append_bytes(out, column(t.report)); });
  out.append(reinterpret_cast<const char*>(t.sample.data()), t.sample.size() * sizeof(double));
  return out;
}

void put(Journal& journal, const DoneTrajectory& t) {
  for (const StepRecord& step : t.steps) journal.step(step);
  journal.finished(t.report, t.sample);
}

std::string written(const std::string& name, std::int64_t count) {
  const std::string path = file(name);
  fs::remove(path);
  Journal journal(path, true);
  journal.begin("what it depends on");
  for (std::int64_t i = 0; i < count; ++i) put(journal, made(i));
  RunStatistics cost;
  cost.wall_seconds = 2, cost.model_calls = 5, cost.model_rows = 30, cost.model_capacity = 40,
  cost.first_failure = "no more";
  journal.add_cost(cost);
  journal.close();
  return path;
}

// The trajectories that the file gives, each checked to be one that was written; none if it is refused.
std::vector<std::int64_t> trajectories(const std::string& path) {
  std::vector<std::int64_t> out;
  try {
    JournalReader reader(path);
    CHECK(reader.header() == "what it depends on");
    while (const DoneTrajectory* t = reader.next()) {
      CHECK(text(*t) == text(made(t->report.trajectory)));
      out.push_back(t->report.trajectory);
    }
  } catch (const FileError&) {
    out.clear();
  }
  return out;
}

std::vector<std::int64_t> up_to(std::size_t n) {
  std::vector<std::int64_t> out(n);
  std::iota(out.begin(), out.end(), 0);
  return out;
}

}  // namespace

TEST_CASE("a journal gives back what was written, and what it cost") {
  const std::string path = written("whole.journal", 40);
  CHECK(trajectories(path) == up_to(40));
  JournalReader reader(path);
  while (reader.next()) {}
  CHECK(reader.rest() == 0);
  CHECK(reader.cost().wall_seconds == 2);
  CHECK(reader.cost().model_calls == 5);
  CHECK(reader.cost().occupancy() == .75);
  CHECK(reader.cost().first_failure == "no more");
}

TEST_CASE("float32 samples are those of samples.npy") {
  const std::string path = file("float.journal");
  fs::remove(path);
  {
    Journal journal(path, false);
    journal.begin("");
    put(journal, made(5));
  }
  JournalReader reader(path);
  const DoneTrajectory* t = reader.next();
  REQUIRE(t);
  CHECK(t->sample == std::vector<double>{static_cast<float>(5 * M_PI), static_cast<float>(-5. / 3)});
}

TEST_CASE("a trajectory that was interrupted is not done") {
  const std::string path = file("interrupted.journal");
  fs::remove(path);
  {
    Journal journal(path, true);
    journal.begin("what it depends on");
    DoneTrajectory t = made(0);
    for (const StepRecord& step : t.steps) journal.step(step);
    t.report.status = Status::interrupted;
    journal.finished(t.report, t.sample);
  }
  CHECK(trajectories(path).empty());
}

TEST_CASE("cut anywhere, a journal gives the trajectories before the cut, and goes on behind them") {
  const std::string path = written("cut.journal", 12), whole = read(path), cut = file("cut again.journal");
  std::size_t before = 0;
  for (std::size_t bytes = 0; bytes <= whole.size(); ++bytes) {
    write(cut, whole.substr(0, bytes));
    const auto found = trajectories(cut);
    CHECK(found == up_to(found.size()));
    CHECK(found.size() >= before);  // no byte more makes it fewer
    before = found.size();
    if (bytes % 97 != 0 || found.empty()) continue;
    {
      JournalReader reader(cut);
      while (reader.next()) {}
      Journal journal(cut, true);
      journal.go_on(reader);
      for (auto i = static_cast<std::int64_t>(found.size()); i < 12; ++i) put(journal, made(i));
    }
    CHECK(trajectories(cut) == up_to(12));
  }
  CHECK(before == 12);
}

TEST_CASE("with any bit flipped, a journal gives nothing that was not written") {
  const std::string path = written("flip.journal", 12), whole = read(path), flipped = file("flipped.journal");
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string bytes = whole;
    bytes[i] = static_cast<char>(bytes[i] ^ (1 << (i % 8)));
    write(flipped, bytes);
    const auto found = trajectories(flipped);
    CHECK(found == up_to(found.size()));
    CHECK(found.size() <= 12);
  }
  // What a machine that lost power may leave: zeros where data should be.
  write(flipped, whole.substr(0, whole.size() / 2) + std::string(4096, '\0'));
  CHECK(trajectories(flipped) == up_to(trajectories(flipped).size()));
  CHECK(trajectories(flipped).size() >= 5);
}

TEST_CASE("what is no journal is refused") {
  for (const std::string bytes : {"", "SHKSTEP", "\x93NUMPY and more", "SHKSTEP1"}) {
    write(file("none.journal"), bytes);
    CHECK_THROWS_AS(JournalReader(file("none.journal")), FileError);
  }
  CHECK_THROWS_WITH(JournalReader(file("missing.journal")),
                    file("missing.journal") + ": cannot be read: No such file or directory");
}

TEST_CASE("a journal with other columns is of another version") {
  const std::string path = file("other.journal");
  fs::remove(path);
  {
    RecordLog log(path);
    log.begin(0);
    log.append("H1234what it depends on");
  }
  CHECK_THROWS_WITH(JournalReader(path), path + ": was written by another version of shockstep; begin anew");
}

TEST_CASE("records reach the system while their writer lives") {
  const std::string path = file("alive.journal");
  fs::remove(path);
  Journal journal(path, true);
  journal.begin("what it depends on");
  put(journal, made(0));
  std::size_t found = 0;
  for (int tenths = 0; tenths < 100 && found == 0; ++tenths) {  // .2 s, and what a busy machine adds
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    found = trajectories(path).size();
  }
  CHECK(found == 1);
}

TEST_CASE("one process at a time writes a journal") {
  const std::string path = file("locked.journal");
  const Journal first(path, true);
  CHECK_THROWS_WITH(Journal(path, true),
                    path + ": is being written by another process; wait for it, or take another --out");
}

TEST_CASE("a journal that may not grow says so, takes no more, and keeps what it has") {
  const std::string path = file("limited.journal");
  fs::remove(path);
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  rlimit small = before;
  small.rlim_cur = 100000;
  setrlimit(RLIMIT_FSIZE, &small);
  {
    Journal journal(path, true);
    journal.begin("what it depends on");
    const auto fill = [&] {
      for (int i = 0; i < 10000; ++i) put(journal, made(i));
    };
    CHECK_THROWS_WITH(fill(), path + ": cannot be written: File too large");
    CHECK_THROWS_AS(put(journal, made(0)), FileError);
    CHECK_THROWS_AS(journal.close(), FileError);
  }
  setrlimit(RLIMIT_FSIZE, &before);
  CHECK(fs::file_size(path) == 100000);
  const auto kept = trajectories(path);
  CHECK(kept.size() > 100);
  CHECK(kept == up_to(kept.size()));
}

TEST_CASE("several journals are read in the order of their trajectories") {
  for (const int part : {0, 1, 2}) {
    const std::string path = file("part" + std::to_string(part));
    fs::remove(path);
    Journal journal(path, true);
    journal.begin("what it depends on");
    for (std::int64_t i = part; i < 30; i += 3) put(journal, made(i));
  }
  std::vector<JournalReader> journals;
  for (const int part : {0, 1, 2}) journals.emplace_back(file("part" + std::to_string(part)));
  std::vector<std::int64_t> order;
  read_together(journals, [&](std::size_t journal, const DoneTrajectory& t) {
    CHECK(journal == static_cast<std::size_t>(t.report.trajectory % 3));
    order.push_back(t.report.trajectory);
  });
  CHECK(order == up_to(30));
}

TEST_CASE("work that is done is not handed out, the rest once, to any number of workers") {
  OpenWork work(100, 1000);
  CHECK(work.take(100));
  CHECK(work.take(500));
  CHECK_FALSE(work.take(500));
  CHECK_FALSE(work.take(99));
  CHECK_FALSE(work.take(1100));
  CHECK(work.count() == 998);
  std::vector<std::vector<std::int64_t>> got(4);
  std::vector<std::thread> workers;
  for (auto& mine : got)
    workers.emplace_back([&] {
      while (const auto i = work.next()) mine.push_back(*i);
    });
  for (auto& worker : workers) worker.join();
  std::multiset<std::int64_t> all;
  for (const auto& mine : got) all.insert(mine.begin(), mine.end());
  std::multiset<std::int64_t> expected;
  for (std::int64_t i = 100; i < 1100; ++i)
    if (i != 100 && i != 500) expected.insert(i);
  CHECK(all == expected);
  CHECK_FALSE(work.next());
}

TEST_CASE("a sum is exact, whatever the order of its terms") {
  ExactSum small;
  for (int i = 0; i < 10; ++i) small.add(.1);
  CHECK(small.value() == 1);  // ten times .1 rounded to nearest; in a plain sum 0.9999999999999999
  ExactSum cancel;
  for (const double x : {1e300, 1., 1e-300, 1e300, -1e300, -1., -1e300}) cancel.add(x);
  CHECK(cancel.value() == 1e-300);
  ExactSum beyond;
  for (const double x : {1., std::numeric_limits<double>::infinity()}) beyond.add(x);
  CHECK(std::isinf(beyond.value()));

  std::vector<double> terms(1000);
  fill_normal(terms, 1, Stream::start, 0);
  for (std::size_t i = 0; i < terms.size(); ++i) terms[i] *= std::ldexp(1., static_cast<int>(i % 120) - 60);
  std::set<double> sums;
  for (int turn = 0; turn < 20; ++turn) {
    ExactSum sum;
    for (const double x : terms) sum.add(x);
    sums.insert(sum.value());
    std::rotate(terms.begin(), terms.begin() + 137, terms.end());
    std::reverse(terms.begin(), terms.begin() + 500);
  }
  CHECK(sums.size() == 1);
}

TEST_CASE("statistics do not depend on the order of trajectories") {
  std::vector<std::int64_t> order = up_to(200);
  const auto tally = [&] {
    RunTally out;
    for (const auto i : order) out.add(made(i).report);
    return out;
  };
  const RunStatistics forward = tally().statistics(2);
  std::reverse(order.begin(), order.end());
  std::rotate(order.begin(), order.begin() + 77, order.end());
  const RunStatistics other = tally().statistics(2);
  CHECK(tally().done() == 200);
  CHECK(forward.drift == other.drift);
  CHECK(forward.noise == other.noise);
  CHECK(forward.asymmetry == other.asymmetry);
  CHECK(forward.evaluations == other.evaluations);
  CHECK(forward.trajectories() == 200);
}
