// Section: typed reading of settings, and errors that name the key and what would be right.
#include <shockstep/config.hpp>

#include "config/yaml.hpp"
#include "core/did_you_mean.hpp"
#include "core/text.hpp"
#include "support/test.hpp"

using namespace shockstep;

namespace {

Section section(const std::string& yaml) { return {"configs/x.yaml", "model", parse_yaml(yaml, "configs/x.yaml")}; }

template <class Call>
std::string error_of(Call call) {
  try {
    call();
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("numbers as people write them") {
  Section s = section("{a: 1e-2, b: .5, c: +3, d: -1.0E+2, n: 1e6, i: 9007199254740993}");
  CHECK(s.number("a") == 1e-2);
  CHECK(s.number("b") == .5);
  CHECK(s.positive("c") == 3);
  CHECK(s.number("d") == -100);
  CHECK(s.integer("n") == 1000000);
  CHECK(s.integer("i") == 9007199254740993);
  CHECK_NOTHROW(s.finish());
}

TEST_CASE("what is no number says so") {
  const auto number = [](const std::string& value) { return error_of([&] { section("a: " + value).number("a"); }); };
  CHECK(number("abc") == "configs/x.yaml: model.a: must be a number, got abc");
  CHECK(number("'1'") == "configs/x.yaml: model.a: must be a number, got \"1\"");
  CHECK(number("1 2") == "configs/x.yaml: model.a: must be a number, got 1 2");
  CHECK(number("[1]") == "configs/x.yaml: model.a: must be a number, got a list");
  CHECK(number(".inf") == "configs/x.yaml: model.a: must be a finite number, got .inf");
  CHECK(number("nan") == "configs/x.yaml: model.a: must be a finite number, got nan");
  CHECK(number("1e999") == "configs/x.yaml: model.a: must be a finite number, got 1e999");
  CHECK(number("~") == "configs/x.yaml: model.a: missing; must be a number");
  CHECK(error_of([] { section("a: 1.5").integer("a"); }) == "configs/x.yaml: model.a: must be a whole number, got 1.5");
  CHECK(error_of([] { section("a: 0").integer_at_least("a", 1); }) ==
        "configs/x.yaml: model.a: must be at least 1, got 0");
  CHECK(error_of([] { section("a: -1").positive("a"); }) == "configs/x.yaml: model.a: must be positive, got -1");
  CHECK(error_of([] { section("").number("a"); }) == "configs/x.yaml: model.a: missing; must be a number");
}

TEST_CASE("flags and choices") {
  for (const char* on : {"on", "yes", "true", "True"}) CHECK(section(std::string("a: ") + on).flag("a"));
  for (const char* off : {"off", "no", "false", "OFF"}) CHECK_FALSE(section(std::string("a: ") + off).flag("a"));
  CHECK(section("").flag("a", true));
  CHECK(error_of([] { section("a: 1").flag("a"); }) == "configs/x.yaml: model.a: must be on or off, got 1");
  const std::vector<std::string> choices{"denoised", "noise"};
  CHECK(section("a: noise").choice("a", choices) == "noise");
  CHECK(error_of([&] { section("a: nosie").choice("a", choices); }) ==
        "configs/x.yaml: model.a: must be one of denoised, noise, got nosie; did you mean noise?");
  CHECK(error_of([&] { section("a: 7").choice("a", choices); }) ==
        "configs/x.yaml: model.a: must be one of denoised, noise, got 7");
}

TEST_CASE("arrays have one shape") {
  const auto a = section("a: [[1, 2, 3], [4, 5, 6]]").array("a");
  CHECK(a.shape == std::vector<std::int64_t>{2, 3});
  CHECK(a.values == std::vector<double>{1, 2, 3, 4, 5, 6});
  CHECK(section("a: 2").array("a").shape.empty());
  CHECK(section("a: [1, 8, 8]").integers("a") == std::vector<std::int64_t>{1, 8, 8});
  CHECK(section("a: 64").integers("a") == std::vector<std::int64_t>{64});
  const auto array = [](const std::string& value) { return error_of([&] { section("a: " + value).array("a"); }); };
  CHECK(array("[[1, 2], [3]]") == "configs/x.yaml: model.a[1]: must be a list of 2 like the first one, got 1");
  CHECK(array("[[1], 2]") == "configs/x.yaml: model.a[1]: must be a list like its neighbours, got 2");
  CHECK(array("[1, [2]]") == "configs/x.yaml: model.a[1]: must be a number like its neighbours, got a list");
  CHECK(array("[1, b]") == "configs/x.yaml: model.a[1]: must be a number, got b");
  CHECK(array("[1, .nan]") == "configs/x.yaml: model.a[1]: must be a finite number, got .nan");
  CHECK(array("[]") == "configs/x.yaml: model.a: must not be an empty list");
}

TEST_CASE("a path is relative to the config file") {
  CHECK(section("a: ../models/d.pt").path("a") == "configs/../models/d.pt");
  CHECK(section("a: /d.pt").path("a") == "/d.pt");
  CHECK(section("a: d.npy").is_text("a"));
  CHECK_FALSE(section("a: 3").is_text("a"));
  CHECK(error_of([] { section("a: ''").path("a"); }) == "configs/x.yaml: model.a: must be a file, got \"\"");
}

TEST_CASE("an unknown key names the nearest known one") {
  const auto unknown = [](const std::string& key) {
    return error_of([&] {
      Section s = section(key + ": 1");
      s.number("tolerance", 1.);
      s.flag("guard", true);
      s.finish();
    });
  };
  CHECK(unknown("tolerence") == "configs/x.yaml: model.tolerence: unknown key; did you mean tolerance?");
  CHECK(unknown("Tolerance") == "configs/x.yaml: model.Tolerance: unknown key; did you mean tolerance?");
  CHECK(unknown("gaurd") == "configs/x.yaml: model.gaurd: unknown key; did you mean guard?");
  CHECK(unknown("zzz") == "configs/x.yaml: model.zzz: unknown key; known here: tolerance, guard");
  CHECK(unknown("\"a\\nb\\e[31m\"") ==
        "configs/x.yaml: model.a\\nb\\x1b[31m: unknown key; known here: tolerance, guard");
}

TEST_CASE("resolved settings hold defaults and sub-sections") {
  Section s = section("{b: {c: 2}, f: on}");
  s.number("a", .1);
  s.section("b").number("c");
  s.section("b").integer("d", 5);
  s.flag("f");
  const ConfigNode r = s.resolved();
  CHECK(r.find("a")->scalar == "0.1");
  CHECK(r.find("b")->find("c")->scalar == "2");
  CHECK(r.find("b")->find("d")->scalar == "5");
  CHECK(r.find("f")->scalar == "true");
}

TEST_CASE("the nearest word") {
  CHECK(nearest("tolerence", {"order", "tolerance"}) == "tolerance");
  CHECK(nearest("max-evaluations", {"max_evaluations"}) == "max_evaluations");
  CHECK_FALSE(nearest("x", {"seed", "count"}));
  CHECK_FALSE(nearest("a", {"b"}));
}

TEST_CASE("a word that is begun or is a part names all that it may mean") {
  const std::vector<std::string> kinds{"ve", "vp_linear", "vp_cosine", "sub_vp", "flow"};
  CHECK(did_you_mean("vp", kinds) == "; did you mean vp_linear or vp_cosine?");
  CHECK(did_you_mean("VP", kinds) == "; did you mean vp_linear or vp_cosine?");
  CHECK(did_you_mean("cosine", kinds) == "; did you mean vp_cosine?");
  CHECK(did_you_mean("flwo", kinds) == "; did you mean flow?");
  CHECK(did_you_mean("--tol", {"--tolerance", "--time-limit"}) == "; did you mean --tolerance?");
  CHECK(did_you_mean("a", {"a_1", "a_2"}) == "");  // a letter says too little
  CHECK(did_you_mean("sd", {"sd_1", "sd_2", "sd_3", "sd_4", "sd_5"}) == "");
  CHECK(did_you_mean("max-evaluations", {"max_evaluations"}) == "; did you mean max_evaluations?");
}

TEST_CASE("what is printed is one harmless line") {
  CHECK(printable("a\nb\tc\x01") == "a\\nb\\tc\\x01");
  CHECK(printable("Größe") == "Größe");
  CHECK(printable("\xff\xc3") == "\\xff\\xc3");
  CHECK(printable("\u202e") == "\\u202e");
  CHECK(printable(std::string(200, 'x')) == std::string(80, 'x') + "...");
}
