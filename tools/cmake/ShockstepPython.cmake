# The Python module, build/python/shockstep, for the Python whose Torch it links. Torch brings pybind11 and the caster of its
# tensors. `pip install .` (pyproject.toml) builds the same target and installs it.
if(NOT Python_EXECUTABLE)
  file(REAL_PATH ${TORCH_INSTALL_PREFIX} torch_folder)
  foreach(python ${CMAKE_CURRENT_SOURCE_DIR}/.venv/bin/python python3)
    execute_process(COMMAND ${python} -I -c "import os, sys, importlib.util as u; print(os.path.realpath(u.find_spec('torch').origin), sys.executable)"
                    OUTPUT_VARIABLE found OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    if(found MATCHES "^${torch_folder}/__init__.py (.+)$")
      set(Python_EXECUTABLE ${CMAKE_MATCH_1})
      break()
    endif()
  endforeach()
  if(NOT Python_EXECUTABLE)
    message(FATAL_ERROR "No Python imports the Torch in ${TORCH_INSTALL_PREFIX}: set Python_EXECUTABLE, or SHOCKSTEP_PYTHON=OFF")
  endif()
endif()
find_package(Python 3.10 REQUIRED COMPONENTS Interpreter Development.Module)

set(python_package ${CMAKE_BINARY_DIR}/python/shockstep)
file(GLOB python_sources CONFIGURE_DEPENDS src/python/*.cpp src/run/*.cpp)
# What inspect returns is what its summary.json says, warnings are those of the program, and so are the files that a config names.
list(APPEND python_sources src/output/inspection.cpp src/output/fit.cpp src/output/json.cpp src/output/schedule_text.cpp
     src/output/solver_text.cpp src/output/warnings.cpp src/cli/arrays.cpp)
Python_add_library(shockstep_python MODULE ${python_sources})
set_target_properties(shockstep_python PROPERTIES OUTPUT_NAME _core PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${python_package}
                                                  CXX_VISIBILITY_PRESET hidden INSTALL_RPATH "$ORIGIN/../torch/lib")
target_include_directories(shockstep_python PRIVATE src)
target_include_directories(shockstep_python SYSTEM PRIVATE ${Python_INCLUDE_DIRS})
target_compile_definitions(shockstep_python PRIVATE SHOCKSTEP_VERSION="${PROJECT_VERSION}")
target_link_libraries(shockstep_python PRIVATE shockstep shockstep_config nlohmann_json::nlohmann_json ${TORCH_INSTALL_PREFIX}/lib/libtorch_python.so)
shockstep_defaults(shockstep_python)

# Beside the module, so that PYTHONPATH=build/python is the package.
file(GLOB python_files CONFIGURE_DEPENDS src/python/shockstep/*)
foreach(file ${python_files})
  cmake_path(GET file FILENAME name)
  configure_file(${file} ${python_package}/${name} COPYONLY)
endforeach()

configure_file(tools/cmake/built.py.in ${python_package}/_built.py @ONLY)

if(SKBUILD)
  install(FILES ${python_package}/_built.py DESTINATION shockstep COMPONENT python)
  install(TARGETS shockstep_python LIBRARY DESTINATION shockstep COMPONENT python)
endif()
