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
#include <ATen/ops/select.h>
#include <ATen/ops/sub.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/to.h>
#include <ATen/ops/view.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>

namespace shockstep {
namespace {

/// Over coordinates, one number a row.
std::vector<double> over_coordinates(const at::Tensor& values) {
  const at::Tensor sums = values.sum(1).contiguous();
  return {sums.const_data_ptr<double>(), sums.const_data_ptr<double>() + sums.numel()};
}

std::vector<double> squares(const at::Tensor& values) { return over_coordinates(at::mul(values, values)); }

}  // namespace

TensorBlock::TensorBlock(const std::vector<std::unique_ptr<State>>& states) {
  std::int64_t rows = 0;
  for (const auto& state : states) {
    first_[state.get()] = rows;
    rows += state->vectors();
    state->leave_to_others();
  }
  zero_ = rows;
  vectors_ = at::zeros({rows + 1, static_cast<std::int64_t>(states.front()->dimension())}, at::kDouble);
}

void TensorBlock::operate(std::span<State* const> waiting) {
  std::map<Operation::Kind, Group> groups;
  for (State* state : waiting) groups[state->operation()->kind].push_back(state);
  for (const auto& [kind, group] : groups) operate(kind, group);
}

void TensorBlock::operate(Operation::Kind kind, const Group& group) {
  const auto done = [&](const std::vector<double>& results) {
    for (std::size_t i = 0; i < group.size(); ++i) group[i]->done(results[i]);
  };
  const auto difference = [&] { return at::sub(get(group, &Operation::a), get(group, &Operation::b)); };
  switch (kind) {
    case Operation::Kind::set: put(group, &Operation::out, sum(group)); break;
    case Operation::Kind::quotient:
      put(group, &Operation::out, at::div(difference(), numbers(group, &Operation::divisor)));
      break;
    case Operation::Kind::normalise: {
      const auto length2 = squares(get(group, &Operation::a));
      const at::Tensor divisors = numbers(group, &Operation::divisor);  // 1
      for (std::size_t i = 0; i < group.size(); ++i) {
        const double length = std::sqrt(length2[i]);
        if (length > 0) divisors.mutable_data_ptr<double>()[i] = length;
        group[i]->done(length);
      }
      put(group, &Operation::out, at::div(get(group, &Operation::a), divisors));
      break;
    }
    case Operation::Kind::dot: done(over_coordinates(at::mul(difference(), get(group, &Operation::c)))); break;
    case Operation::Kind::distance2: done(squares(difference())); break;
    case Operation::Kind::residual2: done(squares(at::sub(get(group, &Operation::a), sum(group)))); break;
    case Operation::Kind::finite: {
      const at::Tensor finite = at::isfinite(get(group, &Operation::a)).all(1).to(at::kDouble).contiguous();
      done({finite.const_data_ptr<double>(), finite.const_data_ptr<double>() + finite.numel()});
      break;
    }
    case Operation::Kind::correct: {
      const at::Tensor point = get(group, State::point), answer = get(group, State::answer);
      const at::Tensor D0 = get(group, &Operation::b), D1 = get(group, &Operation::c);
      const at::Tensor value =
          at::mul(numbers(group, &Operation::gain), at::sub(answer, at::mul(numbers(group, &Operation::skip), point)));
      const at::Tensor gap = at::sub(value, sum(group)), inv_age = numbers(group, &Operation::inv_age);
      const at::Tensor v = at::mul(at::sub(answer, D0), numbers(group, &Operation::inv_h));
      const at::Tensor bend = at::sub(v, at::mul(at::sub(D0, D1), inv_age));
      const auto gap2 = squares(gap), speed2 = squares(v), bend2 = squares(bend),
                 move2 = squares(at::sub(answer, point));
      put(group, &Operation::out, at::add(point, at::mul(numbers(group, &Operation::weight), gap)));
      put(group, &Operation::value, value);
      put(group, &Operation::a, answer);
      for (std::size_t i = 0; i < group.size(); ++i)
        group[i]->done(CorrectionSums{gap2[i], speed2[i], bend2[i], move2[i]});
      break;
    }
    case Operation::Kind::write:
      for (State* state : group) at::select(vectors_, 0, row(*state, state->operation()->out)).copy_(host(*state));
      break;
    case Operation::Kind::read:
      for (State* state : group) host(*state).copy_(at::select(vectors_, 0, row(*state, state->operation()->a)));
      break;
  }
}

/// Where the operands are, [n].
template <class Find>
at::Tensor TensorBlock::rows(const Group& group, Find find) const {
  const at::Tensor indices = at::empty({static_cast<std::int64_t>(group.size())}, at::kLong);
  std::ranges::transform(group, indices.mutable_data_ptr<std::int64_t>(),
                         [&](const State* state) { return row(*state, find(*state->operation())); });
  return indices;
}

at::Tensor TensorBlock::get(const Group& group, Vector v) const {
  return vectors_.index_select(0, rows(group, [&](const Operation&) { return v; }));
}

at::Tensor TensorBlock::get(const Group& group, Vector Operation::* operand) const {
  return vectors_.index_select(0, rows(group, [&](const Operation& operation) { return operation.*operand; }));
}

void TensorBlock::put(const Group& group, Vector Operation::* operand, const at::Tensor& values) {
  vectors_.index_copy_(0, rows(group, [&](const Operation& operation) { return operation.*operand; }), values);
}

/// [n, 1]
at::Tensor TensorBlock::numbers(const Group& group, double Operation::* number) const {
  const at::Tensor out = at::empty({static_cast<std::int64_t>(group.size()), 1}, at::kDouble);
  std::ranges::transform(group, out.mutable_data_ptr<double>(),
                         [&](const State* state) { return (*state->operation()).*number; });
  return out;
}

/// Sums of different lengths: those that are shorter than the longest add zeros.
at::Tensor TensorBlock::sum(const Group& group) const {
  const auto n = static_cast<std::int64_t>(group.size()), d = vectors_.size(1);
  const auto of = [](const State* state) { return std::span<const Term>(state->operation()->sum); };
  std::int64_t terms = 1;
  for (const State* state : group) terms = std::max(terms, std::ssize(of(state)));
  const at::Tensor indices = at::full({n, terms}, zero_, at::kLong), weights = at::zeros({n, terms, 1}, at::kDouble);
  for (std::int64_t i = 0; i < n; ++i) {
    const State* state = group[static_cast<std::size_t>(i)];
    std::int64_t k = i * terms;
    for (const Term& term : of(state)) {
      indices.mutable_data_ptr<std::int64_t>()[k] = row(*state, term.v);
      weights.mutable_data_ptr<double>()[k++] = term.weight;
    }
  }
  return at::mul(vectors_.index_select(0, indices.view(-1)).view({n, terms, d}), weights).sum(1);
}

at::Tensor TensorBlock::host(const State& state) {
  const std::span<double> numbers = state.operation()->host;
  return at::from_blob(numbers.data(), {static_cast<std::int64_t>(numbers.size())}, at::kDouble);
}

void TensorBlock::read_point(const State& state, std::span<double> out) const {
  at::from_blob(out.data(), {vectors_.size(1)}, at::kDouble).copy_(at::select(vectors_, 0, row(state, State::point)));
}

void TensorBlock::write_answer(const State& state, const double* D) {
  at::select(vectors_, 0, row(state, State::answer))
      .copy_(at::from_blob(const_cast<double*>(D), {vectors_.size(1)}, at::kDouble));  // which is only read
}

}  // namespace shockstep
