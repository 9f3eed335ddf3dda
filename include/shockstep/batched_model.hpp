/// A model as a run calls it: batches of one size, rows to blame, memory that runs out, and what it all cost.
#pragma once

#include <shockstep/result.hpp>
#include <shockstep/score_model.hpp>

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace shockstep {

/// A network always sees the same number of rows, since matrix products differ in their last bits with the size of the
/// batch: rows beyond those asked for repeat the first. An exact model sees as many as there are.
class BatchedModel {
 public:
  /// rows: of a batch, and at first of one model call.
  BatchedModel(const ScoreModel& model, int rows);
  /// The same where points lies, [rows, *shape], with answers there and of its type; point(), answer() and denoise() are not for it.
  BatchedModel(const ScoreModel& model, int rows, const at::Tensor& points);

  std::size_t capacity() const { return static_cast<std::size_t>(rows_); }  ///< rows of a batch

  // ---- What row j is asked: the caller writes it.

  const at::Tensor& points() const { return points_; }  ///< all rows, [rows, *shape]

  std::span<double> point(std::size_t j) { return {point_data_ + j * d_, d_}; }  ///< d doubles
  double& sigma(std::size_t j) { return sigma_data_[j]; }                        ///< data units
  std::int64_t& trajectory(std::size_t j) { return index_data_[j]; }             ///< whose it is

  /// Evaluates rows 0 to n - 1. If the model throws, each row is tried alone: only those to blame fail. If it is out of
  /// memory, it gets fewer rows a call from there on. Throws ModelError and Cancelled as the model does, and ModelError if
  /// it returns something of the wrong shape or type.
  void evaluate(std::size_t n);
  /// D of row j, d doubles, until the next call of evaluate(); null: the model threw for it.
  const double* answer(std::size_t j) const { return answers_[j]; }

  /// Whether there is D of row j.
  bool answered(std::size_t j) const { return there_ ? answered_[j] != 0 : answers_[j] != nullptr; }
  /// D of all rows as a tensor, until the next call of evaluate(); of those not answered anything. For points that were given.
  const at::Tensor& answers() const { return denoised_; }

  /// D of n points [n, *shape] at one sigma, of these trajectories [n], in as many batches as that takes. Throws ModelError
  /// also for what evaluate() blames on a row.
  at::Tensor denoise(const at::Tensor& x, double at_sigma, const at::Tensor& trajectories);

  /// Rows that the model was asked for in all: calls, rows, capacity, seconds, the first failure, a reduced batch.
  const RunStatistics& cost() const { return cost_; }

 private:
  void together(std::size_t n);
  void alone(std::size_t n);
  void pad(std::size_t n);
  void keep(const at::Tensor& D, std::size_t from, std::size_t begin, std::size_t end);
  void keep_pointers(const at::Tensor& D, std::size_t from, std::size_t begin, std::size_t end);
  at::Tensor call(std::size_t from, std::size_t n);
  void halve();

  const ScoreModel& model_;
  bool exact_;
  bool there_ = false;    // points and answers are tensors wherever they were given
  int rows_, call_rows_;  // of the batch, of one model call
  std::size_t d_;
  at::Tensor points_, sigmas_, indices_;  // indices_: the trajectory of each row
  double *point_data_ = nullptr, *sigma_data_ = nullptr;
  std::int64_t* index_data_ = nullptr;
  std::vector<at::Tensor> parts_;       // the model's answers, one a call
  std::vector<const double*> answers_;  // per row of the batch
  std::vector<char> answered_;          // the same where the points were given
  at::Tensor denoised_;                 // all rows, of points that were given; for the others of rows asked alone
  RunStatistics cost_;
};

}  // namespace shockstep
