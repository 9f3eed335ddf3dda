/// The vectors of a batch of trajectories on ATen tensors: operations are done for all rows that wait for the same kind.
///
/// The second implementation of what State does in the host's memory, in the same formulas; the order of sums is Torch's, so
/// results agree to rounding.
#pragma once

#include "state/state.hpp"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

namespace shockstep {

class TensorBlock {
 public:
  /// Takes the vectors of these states, which must have as many each.
  explicit TensorBlock(const std::vector<std::unique_ptr<State>>& states);

  /// The operations that these states wait for.
  void operate(std::span<State* const> waiting);

  void read_point(const State& state, std::span<double> out) const;
  void write_answer(const State& state, const double* D);

 private:
  using Group = std::vector<State*>;  // that wait for the same kind of operation
  void operate(Operation::Kind kind, const Group& group);
  std::int64_t row(const State& state, Vector v) const { return v.index < 0 ? zero_ : first_.at(&state) + v.index; }
  template <class Find>
  at::Tensor rows(const Group& group, Find find) const;
  at::Tensor get(const Group& group, Vector v) const;
  at::Tensor get(const Group& group, Vector Operation::* operand) const;
  void put(const Group& group, Vector Operation::* operand, const at::Tensor& values);
  at::Tensor numbers(const Group& group, double Operation::* number) const;
  at::Tensor sum(const Group& group) const;
  static at::Tensor host(const State& state);

  std::map<const State*, std::int64_t> first_;  // row of its first vector
  std::int64_t zero_;                           // row of a vector of zeros, which no operation changes
  at::Tensor vectors_;                          // [rows, d]
};

}  // namespace shockstep
