// The keys of the command compare: inheritance, lists, and every error by its exact line.
#include "config/compare_config.hpp"
#include "config/yaml.hpp"
#include "support/test.hpp"

#include <shockstep/error.hpp>

using namespace shockstep;

namespace {

CompareConfig read(const std::string& yaml) {
  return {parse_yaml(yaml, "x.yaml"), "x.yaml", {"multistep", "dopri5", "heun", "unipc"}};
}

std::string error(const std::string& yaml) {
  try {
    read(yaml);
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("what a method does not set comes from the sampler") {
  const auto c = read(
      "sampler: {order: 4, tolerance: 0.5, final: keep, guard: off}\n"
      "methods: [{name: a}, {name: b, tolerance: 0.25, guard: on}, {name: c, method: heun, steps: 7}]\n");
  REQUIRE(c.methods.size() == 3);
  CHECK(c.methods[0].name == "a");
  CHECK(c.methods[0].options.order == 4);
  CHECK(c.methods[0].options.tolerance == .5);
  CHECK_FALSE(c.methods[0].options.guard.enabled);
  CHECK(c.methods[1].options.tolerance == .25);
  CHECK(c.methods[1].options.guard.enabled);
  CHECK(c.methods[1].options.final == Final::keep);
  CHECK(c.methods[2].options.method == Method::heun);
  CHECK(c.methods[2].options.order == 0);  // heun has its own
  CHECK(c.methods[2].options.steps.value().count == 7);
  CHECK(c.methods[2].options.final == Final::keep);
}

TEST_CASE("the guard and eta are those of an equation") {
  const auto c = read(
      "sampler: {dynamics: sde, eta: 0.5, order: 2, tolerance: 0.5}\n"
      "methods: [{name: a}, {name: b, dynamics: ode, steps: 9}]\n");
  CHECK(c.methods[0].options.eta == .5);
  CHECK(c.methods[0].options.order == 2);
  CHECK(c.methods[1].options.dynamics == Dynamics::ode);
  CHECK(c.methods[1].options.guard.enabled);
  CHECK(c.methods[1].options.order == 0);
}

TEST_CASE("a list is a method for each item") {
  const auto c = read(
      "methods: [{name: a, tolerance: [0.1, 0.01]}, {name: b, method: heun, steps: {schedule: karras, count: [4, 8, "
      "9]}}]");
  REQUIRE(c.methods.size() == 5);
  CHECK(c.methods[0].options.tolerance == .1);
  CHECK(c.methods[1].options.tolerance == .01);
  CHECK(c.methods[1].name == "a");
  int i = 2;
  for (const int count : {4, 8, 9}) {
    CHECK(c.methods[i].options.steps.value().count == count);
    CHECK(c.methods[i++].options.steps.value().schedule == Schedule::karras);
  }
  ConfigNode resolved;
  c.add_to(resolved);
  REQUIRE(resolved.find("methods")->list.size() == 5);
  CHECK(resolved.find("methods")->list[1].find("tolerance")->scalar == "0.01");
  CHECK(resolved.find("methods")->list[3].find("steps")->find("count")->scalar == "8");
}

TEST_CASE("the reference") {
  CHECK_FALSE(read("methods: [{name: a}]").reference.exact);
  CHECK(read("methods: [{name: a}]").reference.tolerance == 0);
  CHECK(read("{methods: [{name: a}], reference: exact}").reference.exact);
  CHECK(read("{methods: [{name: a}], reference: 1.0e-7}").reference.tolerance == 1e-7);
}

TEST_CASE("distances are there with data, or where they are asked for") {
  CHECK_FALSE(read("methods: [{name: a}]").distances);
  CHECK(read("{methods: [{name: a}], distances: on}").distances);
  const auto c =
      CompareConfig(parse_yaml("{methods: [{name: a}], data: x.npy}", "f/x.yaml"), "f/x.yaml", {"multistep"});
  CHECK(c.distances);
  CHECK(c.data == "f/x.npy");
  ConfigNode resolved;
  c.add_to(resolved);
  CHECK(resolved.find("data")->scalar == "x.npy");
  CHECK(resolved.find("distances")->scalar == "true");
  CHECK_FALSE(read("{methods: [{name: a}], data: x.npy, distances: off}").distances);
}

TEST_CASE("errors name the key and the remedy") {
  const std::string example = "; write methods: [{name: adaptive}, {name: heun, method: heun, steps: 20}]";
  CHECK(error("sampler: {}") == "x.yaml: methods: missing" + example);
  for (const char* wrong : {"methods: []", "methods: {a: {}}", "methods: heun"})
    CHECK(error(wrong) == "x.yaml: methods: must be a list of sampler sections, each with a name" + example);
  CHECK(error("methods: [heun]") == "x.yaml: methods[0]: must be a map of settings, got heun");
  CHECK(error("methods: [{name: a}, {method: heun}]") == "x.yaml: methods[1].name: missing; must be text");
  CHECK(error("methods: [{name: a}, {name: b}, {name: a}]") ==
        "x.yaml: methods[2].name: a is the name of methods[0] too; each needs its own");
  CHECK(error("methods: [{name: a, tolerence: 1}]") ==
        "x.yaml: methods[0].tolerence: unknown key; did you mean tolerance?");
  CHECK(error("methods: [{name: a, tolerance: [1, -1]}]") == "x.yaml: methods[0].tolerance: must be positive, got -1");
  CHECK(error("methods: [{name: a, tolerance: []}]") == "x.yaml: methods[0].tolerance: must be a number, got a list");
  CHECK(error("methods: [{name: a, steps: {count: [9, 1]}}]") ==
        "x.yaml: methods[0].steps.count: must be at least 2, got 1");
  CHECK(error("methods: [{name: a, steps: 9, tolerance: [1, 2]}]") ==
        "x.yaml: methods[0].tolerance: a list is for adaptive steps; a grid does not use it");
  CHECK(error("{methods: [{name: a}], reference: exakt}") ==
        "x.yaml: reference: must be exact or a positive tolerance, got exakt");
  CHECK(error("{methods: [{name: a}], reference: 0}") ==
        "x.yaml: reference: must be exact or a positive tolerance, got 0");
  CHECK(error("{methods: [{name: a}], data: [1, 2]}") == "x.yaml: data: must be text, got a list");
  CHECK(error("{methods: [{name: a}], distances: maybe}") == "x.yaml: distances: must be on or off, got maybe");
}
