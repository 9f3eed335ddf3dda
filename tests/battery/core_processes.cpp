/// Every process that a config can name, as its row describes it.
#include "support/test.hpp"

#include "config/yaml.hpp"

#include <shockstep/error.hpp>
#include <shockstep/process_kind.hpp>
#include <shockstep/schedule.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>

using namespace shockstep;

namespace {

Section example(const ProcessKind& kind) { return {"c.yaml", "process", parse_yaml(kind.example, kind.name)}; }

}  // namespace

TEST_CASE("every file of a process is a row that makes one") {
  std::size_t files = 0;
  for (const auto& file : std::filesystem::directory_iterator(SOURCE_DIR "/src/process/kinds")) {
    CAPTURE(file.path().string());
    CHECK(std::ranges::count(process_kinds(), file.path().stem().string(), &ProcessKind::name) == 1);
    ++files;
  }
  REQUIRE(files == process_kinds().size());
  for (const auto& kind : process_kinds()) {
    CAPTURE(kind.name);
    CHECK(*kind.summary);
    CHECK(parse_yaml(kind.example, "example").find("kind")->scalar == kind.name);
    const Process process = make_process(example(kind));
    // What it is called in files is a kind as well: that name makes it again.
    CHECK(std::ranges::count(process_kinds(), process.kind(), &ProcessKind::name) == 1);
  }
}

TEST_CASE("time, alpha and clock of every process are finite, and rise or fall with sigma") {
  for (const auto& kind : process_kinds()) {
    CAPTURE(kind.name);
    const Process p = make_process(example(kind));
    REQUIRE(p.sigma_min() > 0);
    REQUIRE(p.sigma_max() > p.sigma_min());
    const int n = 1000;
    const auto sigma = [&](int i) { return std::exp(-std::lerp(p.lam_begin(), p.lam_end(), double(i) / n)); };
    const bool rises = p.time(p.sigma_max()) > p.time(p.sigma_min()),
               clock_rises = p.clock(p.sigma_max()) > p.clock(p.sigma_min());
    bool time = true, clock = true, alpha = true;
    for (int i = 1; i <= n; ++i) {
      const double high = sigma(i - 1), low = sigma(i);
      time &= (p.time(high) > p.time(low)) == rises;
      clock &= (p.clock(high) > p.clock(low)) == clock_rises;
      // Data fade as noise grows, and are never amplified.
      alpha &= p.alpha(high) <= p.alpha(low) && p.alpha(high) > 0 && p.alpha(low) <= 1;
    }
    CHECK(time);
    CHECK(clock);
    CHECK(alpha);
    CHECK(p.alpha(p.sigma_max()) > 0);
    CHECK(p.steps() >= 0);
  }
}

TEST_CASE("every process takes a narrower range, and refuses what cannot be") {
  for (const auto& kind : process_kinds()) {
    CAPTURE(kind.name);
    const Process own = make_process(example(kind));
    ConfigNode node = parse_yaml(kind.example, kind.name);
    const double low = std::lerp(own.sigma_min(), own.sigma_max(), .25),
                 high = std::lerp(own.sigma_min(), own.sigma_max(), .75);
    node.child("sigma_min") = ConfigNode::literal(std::to_string(low));
    node.child("sigma_max") = ConfigNode::literal(std::to_string(high));
    const Process narrow = make_process({"c.yaml", "process", node});
    CHECK(narrow.sigma_min() == Approx(low).epsilon(1e-5));
    CHECK(narrow.sigma_max() == Approx(high).epsilon(1e-5));
    // The range changes what is integrated, not what it is.
    const double middle = std::lerp(low, high, .5);
    CHECK(narrow.time(middle) == own.time(middle));
    CHECK(narrow.alpha(middle) == own.alpha(middle));

    node.child("sigma_max") = ConfigNode::literal(std::to_string(low / 2));
    CHECK_THROWS_WITH(make_process({"c.yaml", "process", node}),
                      Catch::Matchers::StartsWith("c.yaml: process.sigma_m"));
    ConfigNode misspelt = parse_yaml(kind.example, kind.name);
    misspelt.child("sigma_mxa") = ConfigNode::literal("1");
    CHECK_THROWS_WITH(make_process({"c.yaml", "process", misspelt}),
                      "c.yaml: process.sigma_mxa: unknown key; did you mean sigma_max?");
  }
}
