# A list with a row for each source of a folder, by name: adding a file adds its row. NAME.cpp defines
# `extern const TYPE NAMESPACE::NAME`; FUNCTION returns all as `std::span<const ROW>`, ROW what HEADER makes of a TYPE.
function(shockstep_rows target folder type namespace row function header)
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cpp)
  list(TRANSFORM sources REPLACE ".*/(.*)\\.cpp$" "\\1" OUTPUT_VARIABLE names)
  list(SORT names)
  list(JOIN names ", " declared)
  list(TRANSFORM names PREPEND "${namespace}::")
  list(JOIN names ", " listed)
  set(rows ${CMAKE_CURRENT_BINARY_DIR}/${function}.cpp)
  file(CONFIGURE OUTPUT ${rows} CONTENT "// Written by CMake: a row for each source of ${folder}.
#include <${header}>

namespace shockstep {

namespace ${namespace} {
extern const ${type} ${declared};
}

std::span<const ${row}> ${function}() {
  static const ${row} all[]{${listed}};
  return all;
}

}  // namespace shockstep
")
  target_sources(${target} PRIVATE ${sources} ${rows})
endfunction()
