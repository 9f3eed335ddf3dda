#include "engine/tensor_block.hpp"

#include <ATen/ops/add.h>
#include <ATen/ops/all.h>
#include <ATen/ops/copy.h>
#include <ATen/ops/div.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/full.h>
#include <ATen/ops/index_copy.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/narrow.h>
#include <ATen/ops/select.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/sub.h>
#include <ATen/ops/to.h>
#include <ATen/ops/view.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace shockstep {
namespace {

// Where operands() puts them.
enum Operand : std::int64_t { of_point, of_answer, of_out, of_a, of_b, of_c, of_value, of_terms };
enum Number : std::int64_t { of_divisor, of_weight, of_inv_h, of_inv_age, of_gain, of_skip, of_weights };

std::vector<double> on_host(const at::Tensor& numbers) {
  const at::Tensor here = numbers.to(at::kCPU, at::kDouble).contiguous();
  return {here.const_data_ptr<double>(), here.const_data_ptr<double>() + here.numel()};
}

std::vector<double> squares(const at::Tensor& values) { return on_host(folded(at::mul(values, values))); }

at::Tensor host(const State& state) {
  const std::span<double> numbers = state.operation()->host;
  return at::from_blob(numbers.data(), {static_cast<std::int64_t>(numbers.size())}, at::kDouble);
}

}  // namespace

at::Tensor folded(at::Tensor values) {
  while (values.size(-1) > 1) {
    const std::int64_t d = values.size(-1), kept = (d + 1) / 2;
    values.narrow(-1, 0, d - kept).add_(values.narrow(-1, kept, d - kept));
    values = values.narrow(-1, 0, kept);
  }
  return values.squeeze(-1);
}

TensorBlock::TensorBlock(const std::vector<std::unique_ptr<State>>& states, const c10::TensorOptions& where) {
  std::int64_t rows = 0;
  for (const auto& state : states) {
    first_[state.get()] = rows;
    rows += state->vectors();
    state->leave_to_others();
  }
  zero_ = rows;
  vectors_ = at::zeros({rows + 1, static_cast<std::int64_t>(states.front()->dimension())}, where);
}

void TensorBlock::operate(std::span<State* const> waiting) {
  std::map<Operation::Kind, Group> groups;
  for (State* state : waiting) groups[state->operation()->kind].push_back(state);
  for (const auto& [kind, group] : groups) operate(kind, group);
}

void TensorBlock::operate(Operation::Kind kind, const Group& group) {
  if (kind == Operation::Kind::write || kind == Operation::Kind::read) {
    for (State* state : group) {
      const Operation& operation = *state->operation();
      const bool writes = kind == Operation::Kind::write;
      const at::Tensor here = host(*state),
                       there = at::select(vectors_, 0, row(*state, writes ? operation.out : operation.a));
      (writes ? there : here).copy_(writes ? here : there);
    }
    return;
  }
  const auto done = [&](const std::vector<double>& results) {
    for (std::size_t i = 0; i < group.size(); ++i) group[i]->done(results[i]);
  };
  const Operands of = operands(group);
  const auto difference = [&] { return at::sub(get(of, of_a), get(of, of_b)); };
  switch (kind) {
    case Operation::Kind::set: put(of, of_out, sum(of)); break;
    case Operation::Kind::quotient: put(of, of_out, at::div(difference(), of.numbers[of_divisor])); break;
    case Operation::Kind::normalise: normalise(group, of); break;
    case Operation::Kind::dot: done(on_host(folded(at::mul(difference(), get(of, of_c))))); break;
    case Operation::Kind::distance2: done(squares(difference())); break;
    case Operation::Kind::residual2: done(squares(at::sub(get(of, of_a), sum(of)))); break;
    case Operation::Kind::finite: done(on_host(at::isfinite(get(of, of_a)).all(1))); break;
    case Operation::Kind::correct: correct(group, of); break;
    case Operation::Kind::write:
    case Operation::Kind::read: break;
  }
}

/// The formulas of State's correct().
void TensorBlock::correct(const Group& group, const Operands& of) {
  const at::Tensor point = get(of, of_point), answer = get(of, of_answer), D0 = get(of, of_b);
  const at::Tensor value = at::mul(of.numbers[of_gain], at::sub(answer, at::mul(of.numbers[of_skip], point)));
  const at::Tensor gap = at::sub(value, sum(of));
  const at::Tensor v = at::mul(at::sub(answer, D0), of.numbers[of_inv_h]);
  const at::Tensor bend = at::sub(v, at::mul(at::sub(D0, get(of, of_c)), of.numbers[of_inv_age]));
  put(of, of_out, at::add(point, at::mul(of.numbers[of_weight], gap)));
  put(of, of_value, value);
  put(of, of_a, answer);
  const auto sums = squares(at::stack({gap, v, bend, at::sub(answer, point)}));  // [4, n]
  const std::size_t n = group.size();
  for (std::size_t i = 0; i < n; ++i)
    group[i]->done(CorrectionSums{sums[i], sums[n + i], sums[2 * n + i], sums[3 * n + i]});
}

void TensorBlock::normalise(const Group& group, const Operands& of) {
  const at::Tensor a = get(of, of_a);
  std::vector<double> lengths = squares(a);
  for (std::size_t i = 0; i < group.size(); ++i) {
    lengths[i] = std::sqrt(lengths[i]);
    group[i]->done(lengths[i]);
    if (!(lengths[i] > 0)) lengths[i] = 1;
  }
  const at::Tensor divisors = at::from_blob(lengths.data(), {std::ssize(lengths), 1}, at::kDouble);
  put(of, of_out, at::div(a, divisors.to(a.options())));
}

TensorBlock::Operands TensorBlock::operands(const Group& group) const {
  const auto n = std::ssize(group);
  std::int64_t terms = 1;
  for (const State* state : group) terms = std::max(terms, std::ssize(std::span<const Term>(state->operation()->sum)));
  // -0 times 0 is -0, and that added changes nothing, not even the sign of a zero.
  const at::Tensor rows = at::full({of_terms + terms, n}, zero_, at::kLong),
                   numbers = at::empty({of_weights + terms, n, 1}, at::kDouble);
  std::fill_n(numbers.mutable_data_ptr<double>(), numbers.numel(), -0.);
  for (std::int64_t i = 0; i < n; ++i) {
    const State& state = *group[static_cast<std::size_t>(i)];
    const Operation& o = *state.operation();
    const std::int64_t first = first_.at(&state);
    const auto row_of = [&](Vector v) { return v.index < 0 ? zero_ : first + v.index; };
    std::int64_t* to_row = rows.mutable_data_ptr<std::int64_t>() + i;
    for (const Vector v : {State::point, State::answer, o.out, o.a, o.b, o.c, o.value})
      *to_row = row_of(v), to_row += n;
    double* to_number = numbers.mutable_data_ptr<double>() + i;
    for (const double number : {o.divisor, o.weight, o.inv_h, o.inv_age, o.gain, o.skip})
      *to_number = number, to_number += n;
    for (const Term& term : std::span<const Term>(o.sum)) {
      *to_row = row_of(term.v), to_row += n;
      *to_number = term.weight, to_number += n;
    }
  }
  return {rows.to(vectors_.device()), numbers.to(vectors_.options()), terms};
}

at::Tensor TensorBlock::get(const Operands& of, std::int64_t operand) const {
  return vectors_.index_select(0, of.rows[operand]);
}

void TensorBlock::put(const Operands& of, std::int64_t operand, const at::Tensor& values) {
  vectors_.index_copy_(0, of.rows[operand], values);
}

/// Term by term: a sum over a dimension of the terms would be of another order where another row has more of them.
at::Tensor TensorBlock::sum(const Operands& of) const {
  at::Tensor total = get(of, of_terms).mul_(of.numbers[of_weights]);
  for (std::int64_t k = 1; k < of.terms; ++k) total.add_(get(of, of_terms + k).mul_(of.numbers[of_weights + k]));
  return total;
}

/// Where these vectors are, [n].
at::Tensor TensorBlock::rows(std::span<State* const> states, Vector v) const {
  const at::Tensor indices = at::empty({std::ssize(states)}, at::kLong);
  std::ranges::transform(states, indices.mutable_data_ptr<std::int64_t>(),
                         [&](const State* state) { return row(*state, v); });
  return indices.to(vectors_.device());
}

void TensorBlock::read_points(std::span<State* const> states, const at::Tensor& out) const {
  const std::int64_t n = std::ssize(states);
  out.narrow(0, 0, n).view({n, vectors_.size(1)}).copy_(vectors_.index_select(0, rows(states, State::point)));
}

void TensorBlock::write_answers(std::span<State* const> states, const at::Tensor& D) {
  const std::int64_t n = std::ssize(states);
  vectors_.index_copy_(0, rows(states, State::answer), D.narrow(0, 0, n).reshape({n, vectors_.size(1)}));
}

}  // namespace shockstep
