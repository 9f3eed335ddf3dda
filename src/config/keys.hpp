/// All keys of a config but those of `model` and `process`, which their factories read.
#pragma once

#include <shockstep/encode_options.hpp>
#include <shockstep/inspect_options.hpp>
#include <shockstep/sampler_options.hpp>

#include "config/settings.hpp"

#include <string>
#include <tuple>
#include <vector>

namespace shockstep {

using MethodNames = std::vector<std::string>;  ///< that `method` may have

void read_eta(Section& sampler, SamplerOptions& options);
void read_method(Section& sampler, SamplerOptions& options, const MethodNames& methods);
void read_order(Section& sampler, SamplerOptions& options);
void read_solver_type(Section& sampler, SamplerOptions& options);
void read_guard(Section& sampler, SamplerOptions& options);
void read_steps(Section& sampler, SamplerOptions& options);

/// In the order in which they are read: each may depend on those before.
inline constexpr std::tuple sampler_keys{
    WordKey{Key{"sampler", "dynamics", "equation: the probability-flow ODE or the reverse SDE", Changes::samples,
                Measured::always},
            &SamplerOptions::dynamics,
            {Word{"ode", Dynamics::ode}, Word{"sde", Dynamics::sde}}},
    OtherKey{Key{"sampler", "eta", "how much noise the reverse SDE adds; 1: as much as the process", Changes::samples,
                 Measured::always},
             "0 to 1", &read_eta, +[](const SamplerOptions& o) { return shortest(o.eta); }},
    OtherKey{Key{"sampler", "method", "how a step is made; shockstep info lists the methods", Changes::samples,
                 Measured::always, "--method", "NAME"},
             "NAME", &read_method, +[](const SamplerOptions& o) { return std::string(name(o.method)); }},
    OtherKey{Key{"sampler", "order", "order of the method, where it has several", Changes::samples, Measured::always},
             "auto, 1 to 5", &read_order, +[](const SamplerOptions& o) { return std::to_string(o.order); }},
    OtherKey{Key{"sampler", "solver_type", "function B(h) of unipc", Changes::samples, Measured::always}, "bh1, bh2",
             &read_solver_type,
             +[](const SamplerOptions& o) { return std::to_string(static_cast<int>(o.solver_type)); }},
    ValueKey{Key{"sampler", "tolerance", "error that a sample may have, in data units", Changes::samples,
                 Measured::adaptive, "--tolerance", "T"},
             &SamplerOptions::tolerance},
    OtherKey{Key{"sampler", "guard", "protection of adaptive steps against amplified errors; docs/guard.md",
                 Changes::samples, Measured::adaptive},
             "on, off, {profile, quantile, redo, events}", &read_guard,
             +[](const SamplerOptions& o) {
               return o.guard.profile + " " + std::to_string(static_cast<int>(o.guard.redo)) + " " +
                      shortest(o.guard.quantile);
             }},
    ValueKey{Key{"sampler", "max_evaluations", "most model evaluations of one trajectory", Changes::samples,
                 Measured::always},
             &SamplerOptions::max_evaluations, 2, largest_int},
    WordKey{Key{"sampler", "final", "what is returned: the denoised state at sigma_min, or the state itself",
                Changes::samples, Measured::always},
            &SamplerOptions::final,
            {Word{"denoise", Final::denoise}, Word{"keep", Final::keep}}},
    OtherKey{Key{"sampler", "steps", "where steps end: chosen by each trajectory, or fixed; docs/schedules.md",
                 Changes::samples, Measured::always},
             "adaptive, auto, a number, {schedule, count}, {sigmas}, {file, count}", &read_steps,
             +[](const SamplerOptions& o) {
               if (!o.steps) return std::string("adaptive");
               const std::string budget = o.steps->budget > 0 ? " budget " + std::to_string(o.steps->budget) : "";
               return "count " + std::to_string(o.steps->count) + budget;
             }},
};

inline constexpr std::tuple encode_keys{
    WordKey{Key{"encode", "likelihood", "how the trace of dD/dx is computed; auto: exactly up to 16 dimensions"},
            &EncodeOptions::likelihood,
            {Word{"auto", Likelihood::automatic}, Word{"off", Likelihood::off}, Word{"exact", Likelihood::exact},
             Word{"hutchinson", Likelihood::hutchinson}}},
    ValueKey{Key{"encode", "probes", "number of random directions of hutchinson"}, &EncodeOptions::probes, 2, 100'000},
    ValueKey{Key{"encode", "noise", "whether to add noise of sigma_min to the data, which have none yet"},
             &EncodeOptions::add_noise},
};

void read_clusters(Section& section, InspectOptions& options);

inline constexpr std::tuple inspect_keys{
    ValueKey{Key{"inspect", "count", "number of trajectories whose events are measured"}, &InspectOptions::count, 1},
    ValueKey{Key{"inspect", "trajectories", "number of trajectories followed on a grid, for the commitment"},
             &InspectOptions::trajectories, 1},
    OtherKey{Key{"inspect", "clusters", "number of clusters of k-means"}, "auto, 1 or more", &read_clusters},
    ValueKey{Key{"inspect", "levels", "number of noise levels, for health and product form"}, &InspectOptions::levels,
             1},
    ValueKey{Key{"inspect", "health_rows", "states at each noise level; 0: no health"}, &InspectOptions::health_rows},
    ValueKey{Key{"inspect", "spectrum_rows", "number of trajectories; 0: no spectrum"}, &InspectOptions::spectrum_rows},
    ValueKey{Key{"inspect", "interfaces", "number of profiles of interfaces; 0: none"}, &InspectOptions::interfaces},
    WordKey{Key{"inspect", "misfit", "whether a model that fails the fit check is analysed, too"},
            &InspectOptions::misfits,
            {Word{"stop", false}, Word{"go_on", true}}},
};

/// use(row) for each of all sections.
constexpr void for_each_key(auto use) {
  for_each_row(std::tuple_cat(sampler_keys, run_keys, output_keys, encode_keys, inspect_keys), use);
}

}  // namespace shockstep
