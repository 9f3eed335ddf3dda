// Lines of trajectories.csv, steps.csv and events.jsonl, their order, and files that appear only when complete.
#include <shockstep/error.hpp>

#include "output/file.hpp"
#include "output/ordered_text.hpp"
#include "output/tables.hpp"
#include "records/columns.hpp"
#include "support/test.hpp"

#include <nlohmann/json.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace shockstep;

namespace {

std::string folder() {
  const auto path = std::filesystem::temp_directory_path() / "shockstep core_tables";
  std::filesystem::create_directories(path);
  return path.string();
}

std::string read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// As many fields as names, and as columns that are shown.
void check_fields(const std::string& header, const std::string& line, const auto& columns) {
  std::string names;
  for_each_column(columns, [&](const auto& column) {
    if (column.shown) names += std::string(names.empty() ? "" : ",") + column.name;
  });
  CHECK(header == names + "\n");
  CHECK(std::ranges::count(header, ',') == std::ranges::count(line, ','));
}

/// As many numbers as any(...) can be written in the braces of a Record.
struct Any {
  template <class T>
  operator T() const;
};
template <class Record, class... Anys>
constexpr std::size_t members() {
  if constexpr (requires { Record{Anys{}..., Any{}}; })
    return members<Record, Anys..., Any>();
  else
    return sizeof...(Anys);
}

std::size_t listed(const auto& columns) {
  std::size_t count = 0;
  for_each_member(columns, [&](const auto&) { ++count; });
  return count;
}

}  // namespace

TEST_CASE("every member has its row, so that the journal keeps it") {
  CHECK(listed(trajectory_columns) == members<TrajectoryReport>() - 1);  // events have records of their own
  CHECK(listed(event_columns) == members<Event>() - 1);                  // and so has the direction
  CHECK(listed(step_columns) == members<StepRecord>());
}

TEST_CASE("a trajectory's line") {
  TrajectoryReport r;
  r.trajectory = 12, r.status = Status::budget, r.evaluations = 31, r.probes = 2, r.accepted = 28, r.rejected = 1;
  r.exponent = 1. / 3, r.passes = 2, r.score = 1e-300, r.noise_limited = 7;
  r.events.resize(3);
  std::string line;
  append_line(line, r);
  CHECK(line.starts_with("12,budget,31,2,28,1,0.3333333333333333,,3,2,1e-300,7"));  // others may follow
  check_fields(trajectories_header(), line, trajectory_columns);
}

TEST_CASE("a step's line") {
  StepRecord s;
  s.trajectory = 3, s.lam = 0, s.h = .25, s.error = .125, s.tolerance = .01, s.accepted = false;
  std::string line;
  append_line(line, s);
  CHECK(line.starts_with("3,0,1,0.25,0.125,0.01,,0,1"));
  check_fields(steps_header(), line, step_columns);
}

TEST_CASE("an event's line is JSON and reads back exactly") {
  Event e;
  e.trajectory = 5, e.kind = EventKind::speciation, e.sigma = .1, e.sigma_low = 1. / 7, e.sigma_high = M_PI,
  e.time = 1e-17;
  e.lam = -std::log(.1), e.rate = std::nan(""), e.exponent = 2, e.step = 9, e.direction = {.6, -.8};
  std::string line;
  append_line(line, e);
  CHECK(line.back() == '\n');
  const auto j = nlohmann::json::parse(line);
  CHECK(j.at("trajectory") == 5);
  CHECK(j.at("event") == "speciation");
  CHECK(j.at("sigma_low").get<double>() == 1. / 7);
  CHECK(j.at("sigma_high").get<double>() == M_PI);
  CHECK(j.at("t").get<double>() == 1e-17);
  CHECK(j.at("rate").is_null());
  CHECK(j.at("step") == 9);
  CHECK(j.at("direction")[1].get<float>() == -.8f);
  e.direction.clear();
  line.clear();
  append_line(line, e);
  CHECK_FALSE(nlohmann::json::parse(line).contains("direction"));
}

TEST_CASE("pieces are written in their order, whatever the order they come in") {
  const std::string path = folder() + "/ordered.csv";
  std::filesystem::remove(path);
  OrderedText text(path, "h\n");
  for (const int i : {3, 0, 1, 5, 2, 4, 9, 7}) text.put(i, std::to_string(i) + "\n");
  CHECK_FALSE(std::filesystem::exists(path));
  text.close();
  CHECK(read(path) == "h\n0\n1\n2\n3\n4\n5\n7\n9\n");  // 6 and 8 never came
  CHECK_FALSE(std::filesystem::exists(path + ".part"));
}

TEST_CASE("a file that was not completed leaves nothing") {
  const std::string path = folder() + "/left.txt";
  {
    OutputFile file(path);
    file.write("abc");
  }
  CHECK_FALSE(std::filesystem::exists(path));
  CHECK_FALSE(std::filesystem::exists(path + ".part"));
}

TEST_CASE("what cannot be written says why") {
  CHECK_THROWS_AS(OutputFile("/nonexistent/a.txt"), FileError);
  CHECK_THROWS_WITH(OutputFile("/nonexistent/a.txt"),
                    "/nonexistent/a.txt: cannot be written: No such file or directory");
}

TEST_CASE("a full disk is noticed") {
  const std::string path = folder() + "/full.txt";
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  rlimit small = before;
  small.rlim_cur = 2;
  setrlimit(RLIMIT_FSIZE, &small);
  CHECK_THROWS_WITH(write_file(path, "abc"), path + ": cannot be written: File too large");
  setrlimit(RLIMIT_FSIZE, &before);
  CHECK_FALSE(std::filesystem::exists(path + ".part"));
}

TEST_CASE("a link that lies where a part is to be written is not followed") {
  const std::string path = folder() + "/linked.txt", victim = folder() + "/victim.txt";
  std::ofstream(victim) << "mine";
  std::filesystem::remove(path + ".part");
  std::filesystem::create_symlink(victim, path + ".part");
  write_file(path, "abc");
  CHECK(read(victim) == "mine");
  CHECK(read(path) == "abc");
  CHECK_FALSE(std::filesystem::is_symlink(path));
}
