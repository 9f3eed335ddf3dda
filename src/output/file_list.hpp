/// What a run has left in its folder, so that one who comes later can tell whether it still stands there.
#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace shockstep {

/// Size and CRC-32 of each file as it stands in the folder. Throws FileError if one cannot be read.
nlohmann::ordered_json file_list(const std::string& folder, const std::vector<std::string>& names);

/// The first file of such a list that is missing or not as it was; empty: all are.
std::string first_changed(const std::string& folder, const nlohmann::ordered_json& list);

}  // namespace shockstep
