#include "support/test.hpp"

#include <shockstep/error.hpp>
#include <shockstep/guard.hpp>

#include <cmath>
#include <limits>
#include <string>

using namespace shockstep;

TEST_CASE("A table is linear between its nodes and constant beyond its ends") {
  const LamTable t{-1, 1, {2, 4, 0}};
  CHECK(t(-5) == 2);
  CHECK(t(-.5) == Approx(3).epsilon(1e-15));
  CHECK(t(0) == 4);
  CHECK(t(.75) == Approx(1).epsilon(1e-15));
  CHECK(t(9) == 0);
  CHECK(LamTable{}(3) == 0);
  CHECK(LamTable{-1, 1, {2}}(0) == 2);
}

TEST_CASE("Without a pilot the tolerance grows with sigma/data_std; with one it is divided by the remaining gain") {
  GuardProfile p;
  p.data_std = .5;
  CHECK(p.allowed(1e-2, -std::log(2.)) == Approx(1e-2 * (1 + 2 / .5)).epsilon(1e-14));
  p.log_gain = {-4, 4, {-4, 1, 0}};
  CHECK(p.allowed(1e-2, 0) == Approx(1e-2 * std::exp(-1)).epsilon(1e-14));
  CHECK(p.allowed(1e-2, -4) == Approx(1e-2 * std::exp(4)).epsilon(1e-14));
}

TEST_CASE("A profile survives the way through JSON bit by bit") {
  GuardProfile p;
  p.tolerance = 1. / 3;
  p.step_tolerance = 1. / 7;
  p.warp = 1. / 9;
  p.method = Method::fehlberg78;
  p.log_gain = {-4.4, 6.2, {.1, 1. / 7, -3}};
  p.cap = {-4.4, 6.2, {.5, 1e-3}};
  p.largest_J = {-4.4, 6.2, {.5, 12}};
  p.threshold = 3.25;
  p.paced = true;
  p.redo = true;
  p.calibration = .7;
  p.high_error = .02;
  p.evaluations = 4321;
  const std::string text = to_json(p);
  const GuardProfile q = guard_profile_from_json(text, "a.json");
  CHECK(q.source == "a.json");
  CHECK(q.tolerance == p.tolerance);
  CHECK(q.step_tolerance == p.step_tolerance);
  CHECK(q.warp == p.warp);
  CHECK(q.method == p.method);
  CHECK(q.log_gain.values == p.log_gain.values);
  CHECK(q.cap.values == p.cap.values);
  CHECK(q.largest_J.values == p.largest_J.values);
  CHECK(q.threshold == p.threshold);
  CHECK(q.calibration == p.calibration);
  CHECK(q.high_error == p.high_error);
  CHECK(q.paced);
  CHECK(q.redo);
  CHECK(guard_profile_from_json("{\"guard\": " + text + "}", "summary.json").threshold == p.threshold);
  GuardProfile none;  // no threshold, no calibration
  none.step_tolerance = 1;
  none.calibration = std::numeric_limits<double>::infinity();  // no estimate is infinite: it is unknown
  const GuardProfile back = guard_profile_from_json(to_json(none), "b.json");
  CHECK(std::isinf(back.threshold));
  CHECK(std::isnan(back.calibration));
}

TEST_CASE("Numbers of a profile that cannot be are refused") {
  GuardProfile profile;
  profile.step_tolerance = 1;
  profile.max_evaluations = 40;
  profile.cap = {-4, 6, {.5, .25}};
  const std::string good = to_json(profile);
  REQUIRE_NOTHROW(guard_profile_from_json(good, "c.json"));
  const auto with = [&](const std::string& was, const std::string& is) {
    const auto at = good.find(was);
    REQUIRE(at != std::string::npos);
    return good.substr(0, at) + is + good.substr(at + was.size());
  };
  for (const auto& text :
       {with("\"order\": 3", "\"order\": 9"), with("\"order\": 3", "\"order\": 2.5"),
        with("\"max_evaluations\": 40", "\"max_evaluations\": 1e99"),
        with("\"max_evaluations\": 40", "\"max_evaluations\": 3000000000"), with("0.25", "0"), with("0.25", "-1")})
    CHECK_THROWS_AS(guard_profile_from_json(text, "c.json"), FileError);
}

TEST_CASE("What is no profile is refused in one line that names the file") {
  GuardProfile profile;
  profile.step_tolerance = 1;
  const std::string good = to_json(profile);
  for (const std::string& text : {std::string("{}"), std::string("nonsense"), good.substr(0, good.size() / 2)}) {
    try {
      guard_profile_from_json(text, "c.json");
      FAIL("accepted: " << text);
    } catch (const FileError& e) {
      const std::string what = e.what();
      CHECK(what.rfind("c.json: is no guard profile", 0) == 0);
      CHECK(what.find('\n') == std::string::npos);
    }
  }
}
