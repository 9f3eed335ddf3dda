/// What a mistyped or incomplete word may have meant.
#pragma once

#include <string>
#include <vector>

namespace shockstep {

/// "; did you mean vp_linear or vp_cosine?": those of `known` that begin with the word, else those of which it is a part, else the nearest
/// by edit distance; empty where there is none, or too many to be meant.
std::string did_you_mean(const std::string& word, const std::vector<std::string>& known);

}  // namespace shockstep
