/// The vectors of a batch of trajectories on ATen tensors: operations are done for all rows that wait for the same kind.
///
/// The second implementation of what State does in the host's memory, in the same formulas. Numbers of a row meet by additions,
/// subtractions, multiplications and divisions of elements alone, sums over coordinates included, each rounded by itself: no bit of a row
/// depends on the rows beside it. The order of sums is not the host's, so results agree with it to rounding.
#pragma once

#include "state/state.hpp"

#include <ATen/core/Tensor.h>
#include <c10/core/TensorOptions.h>

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

namespace shockstep {

class TensorBlock {
 public:
  /// Takes the vectors of these states, which must have as many each, into tensors of this type on this device.
  TensorBlock(const std::vector<std::unique_ptr<State>>& states, const c10::TensorOptions& where);

  /// The operations that these states wait for.
  void operate(std::span<State* const> waiting);

  /// The points of these states go to the first rows of `out`, [more or as many, *shape].
  void read_points(std::span<State* const> states, const at::Tensor& out) const;
  /// Their answers are the first rows of D.
  void write_answers(std::span<State* const> states, const at::Tensor& D);

 private:
  using Group = std::vector<State*>;  // that wait for the same kind of operation
  /// The operands and numbers of a group's operations, moved to the device at once.
  struct Operands {
    at::Tensor rows;     // [2 + operands + terms, n]: rows of the vectors; first point and answer
    at::Tensor numbers;  // [numbers + terms, n, 1]
    std::int64_t terms;  // of the longest sum; shorter ones add vectors of zeros
  };

  void operate(Operation::Kind kind, const Group& group);
  void correct(const Group& group, const Operands& of);
  void normalise(const Group& group, const Operands& of);
  Operands operands(const Group& group) const;
  at::Tensor get(const Operands& of, std::int64_t operand) const;
  void put(const Operands& of, std::int64_t operand, const at::Tensor& values);
  at::Tensor sum(const Operands& of) const;
  at::Tensor rows(std::span<State* const> states, Vector v) const;
  std::int64_t row(const State& state, Vector v) const { return first_.at(&state) + v.index; }

  std::map<const State*, std::int64_t> first_;  // row of its first vector
  std::int64_t zero_ = 0;                       // row of a vector of zeros, which no operation changes
  at::Tensor vectors_;                          // [rows, d]
};

/// Sums of the last dimension, which are taken in place by folding it onto itself: element i and the one half of the rest further on,
/// until one is left. Each is a tree of additions of depth log2(d), whatever else the tensor holds.
at::Tensor folded(at::Tensor values);

}  // namespace shockstep
