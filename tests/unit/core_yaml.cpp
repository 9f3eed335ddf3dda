// YAML -> tree: values, syntax errors with their line, and limits.
#include <shockstep/config.hpp>

#include "config/yaml.hpp"
#include "support/test.hpp"

#include <filesystem>
#include <fstream>

using namespace shockstep;
using Kind = ConfigNode::Kind;

namespace {

std::string error_of(const std::string& yaml) {
  try {
    parse_yaml(yaml, "x.yaml");
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "no error";
}

std::string set_error(const std::string& yaml, const std::string& assignment) {
  ConfigNode root = parse_yaml(yaml, "x.yaml");
  try {
    set_value(root, assignment, "x.yaml");
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("scalars, lists, maps, aliases") {
  const ConfigNode root = parse_yaml("a: 1e-2\nb: [x, '2', ~]\nc: &c {d: on}\ne: *c\n", "x.yaml");
  CHECK(root.find("a")->scalar == "1e-2");
  CHECK_FALSE(root.find("a")->quoted);
  REQUIRE(root.find("b")->list.size() == 3);
  CHECK(root.find("b")->list[1].quoted);
  CHECK(root.find("b")->list[2].kind == Kind::null);
  CHECK(root.find("e")->find("d")->scalar == "on");
  CHECK(parse_yaml("", "x.yaml").kind == Kind::null);
  CHECK(parse_yaml("# nothing\n", "x.yaml").kind == Kind::null);
}

TEST_CASE("errors name the line") {
  CHECK(error_of("a: 1\na: 2") == "x.yaml: line 2: the key a stands twice");
  CHECK(error_of("a: [1, 2") == "x.yaml: line 1: not valid YAML: a list [ is not closed by ]");
  CHECK(error_of("a: {b: 1") == "x.yaml: line 1: not valid YAML: a map { is not closed by }");
  CHECK(error_of("a: \"b") == "x.yaml: line 1: not valid YAML: a quote is not closed");
  CHECK(error_of("a:\n\tb: 1") == "x.yaml: line 2: indented with a tab; YAML wants spaces");
  CHECK(error_of("a: b\n c: d") ==
        "x.yaml: line 2: not valid YAML: a colon where none can be; check the indentation, or quote the text");
  CHECK(error_of("a: *b") == "x.yaml: line 1: not valid YAML: an alias * to an anchor & that does not exist");
  CHECK(error_of("a: &a [*a]") == "x.yaml: line 1: an alias must not lie inside what it refers to");
  CHECK(error_of("? [a]\n: 1") == "x.yaml: line 1: a key must be a plain word");
  CHECK(error_of("a: 1\n---\nb: 2") == "x.yaml: holds more than one document (---)");
  CHECK(error_of(std::string("a: 1\nb: \0", 9)) == "x.yaml: line 2: holds a zero byte; this is no text file");
}

TEST_CASE("what is no config is refused early") {
  CHECK(error_of("a: " + std::string(100000, '[')) == "x.yaml: line 1: nested too deep; at most 32 levels");
  std::string bomb = "a0: &a0 [1, 2, 3, 4, 5, 6, 7, 8, 9]\n";
  for (int i = 1; i < 20; ++i) {
    const std::string last = std::string("*a").append(std::to_string(i - 1));
    const std::string name = std::to_string(i);
    bomb.append("a").append(name).append(": &a").append(name).append(" [").append(last);
    for (int k = 1; k < 9; ++k) bomb += ", " + last;
    bomb += "]\n";
  }
  CHECK(error_of(bomb) == "x.yaml: line 7: too many values for a config; put large arrays into a .npy file");
  CHECK(error_of(std::string(17 << 20, ' ')) == "x.yaml: larger than 16 MiB; put large arrays into a .npy file");
}

TEST_CASE("files that cannot be read") {
  CHECK_THROWS_AS(load_yaml("configs/missing.yaml"), FileError);
  CHECK_THROWS_WITH(load_yaml("configs/missing.yaml"),
                    "configs/missing.yaml: cannot be read: No such file or directory");
  CHECK_THROWS_WITH(load_yaml("configs"), "configs: is a folder, not a config file");
}

TEST_CASE("one key set from the command line") {
  ConfigNode root = parse_yaml("sampler: {tolerance: 1, guard: on}", "x.yaml");
  set_value(root, "sampler.tolerance=1e-3", "x.yaml");
  set_value(root, "run.count=5", "x.yaml");
  set_value(root, "model.means=[[1, 2], [3, 4]]", "x.yaml");
  set_value(root, "sampler.guard.events=off", "x.yaml");
  set_value(root, "model.path=a=b.npy", "x.yaml");
  CHECK(root.find("sampler")->find("tolerance")->scalar == "1e-3");
  CHECK(root.find("run")->find("count")->scalar == "5");
  CHECK(root.find("model")->find("means")->list[1].list[0].scalar == "3");
  CHECK(root.find("sampler")->find("guard")->find("events")->scalar == "off");
  CHECK(root.find("model")->find("path")->scalar == "a=b.npy");

  CHECK(set_error("", "abc") == "--set abc: must be key.path=value, such as sampler.tolerance=1e-3");
  CHECK(set_error("", "=1") == "--set =1: must be key.path=value, such as sampler.tolerance=1e-3");
  CHECK(set_error("", "a..b=1") == "--set a..b=1: must be key.path=value, without empty keys");
  CHECK(set_error("", "a.=1") == "--set a.=1: must be key.path=value, without empty keys");
  CHECK(set_error("a: {b: 3}", "a.b.c=1") == "x.yaml: a.b: is 3, so no key can be set inside it");
  CHECK(set_error("a: [1]", "a.b=1") == "x.yaml: a: is a list, so no key can be set inside it");
  CHECK(set_error("", "a=[1") == "x.yaml: a: cannot read the value: not valid YAML: a list [ is not closed by ]");
}
