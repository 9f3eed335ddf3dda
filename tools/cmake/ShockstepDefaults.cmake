# Settings shared by every target of this project.
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

option(SHOCKSTEP_WERROR "Treat warnings in this project's own code as errors" ${PROJECT_IS_TOP_LEVEL})

function(shockstep_defaults target)
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 14)
    set(compiler_mistakes -Wno-restrict)  # sees an overlap in sums of std::string where there is none (GCC bug 105651)
  endif()
  target_compile_features(${target} PUBLIC cxx_std_20)
  # No math errno: nobody reads it, and square roots in a loop need not.
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wconversion -Wno-sign-conversion -fopenmp-simd -fno-math-errno
                                           $<$<BOOL:${SHOCKSTEP_WERROR}>:-Werror>
                                           ${compiler_mistakes})
  target_compile_definitions(${target} PRIVATE AT_PER_OPERATOR_HEADERS)  # Torch's operators one by one, not 2000 in every source
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
endfunction()
