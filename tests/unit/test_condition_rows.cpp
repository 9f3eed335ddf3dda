#include "model/condition_rows.hpp"

#include "support/test.hpp"

#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>

using namespace shockstep;

TEST_CASE("Conditions are kept in the network's type, and whole numbers as they are") {
  NetworkOptions options{.shape = {2}, .labels = {4, 7}};
  options.conditions = {{.name = "width", .rows = at::tensor({.1, .2, .3}, at::kDouble).view({3, 1})},
                        {.name = "token", .rows = at::tensor({5, 6, 7}, at::kLong)}};
  options.guidance =
      Guidance{.null_label = 9, .null_conditions = {{.name = "width", .rows = at::tensor(0., at::kDouble)}}};
  const ConditionRows rows(options, at::kCPU, at::kFloat);
  const at::Tensor trajectory = at::tensor({0, 4, 2}, at::kLong);  // of 2 labels and 3 conditions in turn
  const auto told = rows.of(trajectory), null = rows.null_of(trajectory, told);
  REQUIRE(told.size() == 3);
  CHECK(at::equal(told[0], at::tensor({4, 4, 4}, at::kLong)));
  CHECK(at::equal(told[1], at::tensor({.1, .2, .3}, at::kDouble).to(at::kFloat).view({3, 1})));
  CHECK(at::equal(told[2], at::tensor({5, 6, 7}, at::kLong)));
  CHECK(at::equal(null[0], at::tensor({9, 9, 9}, at::kLong)));
  CHECK(at::equal(null[1], at::tensor({0., 0., 0.}, at::kDouble).to(at::kFloat).view({3, 1})));
  CHECK(at::equal(null[2], told[2]));
}
