# Finds Torch for code that uses tensors and loads models, but compiles no CUDA of its own.
#
# Torch's own TorchConfig.cmake is used where it works. Built with CUDA, it stops where the CUDA toolkit (nvcc) is missing,
# although the libraries alone would do, as pip installs them; then the target `torch` is made here. Installed beside
# ShockstepConfig.cmake, so that a program that embeds the library finds Torch in the same way.
# Sets TORCH_INSTALL_PREFIX and TORCH_CUDA (ON: Torch is linked with CUDA).
if(NOT TARGET torch)
  find_path(Torch_DIR TorchConfig.cmake HINTS ENV Torch_DIR ${CMAKE_PREFIX_PATH} ENV CMAKE_PREFIX_PATH
            PATH_SUFFIXES share/cmake/Torch cmake/Torch Torch)
  if(Torch_DIR)
    get_filename_component(TORCH_INSTALL_PREFIX ${Torch_DIR}/../../.. ABSOLUTE)
    set(PACKAGE_FIND_VERSION ${Torch_FIND_VERSION})
    include(${Torch_DIR}/TorchConfigVersion.cmake)
    set(Torch_VERSION ${PACKAGE_VERSION})
    unset(PACKAGE_FIND_VERSION)
  endif()

  find_program(TORCH_NVCC nvcc HINTS ENV CUDA_HOME ENV CUDA_PATH /usr/local/cuda PATH_SUFFIXES bin)
  mark_as_advanced(TORCH_NVCC)
  set(torch_libraries ${TORCH_INSTALL_PREFIX}/lib)
  if(NOT EXISTS ${torch_libraries}/libtorch_cuda.so)
    set(TORCH_CUDA OFF)
  else()
    # A build with CUDA whose CUDA libraries were left out still computes on the CPU.
    execute_process(COMMAND ldd ${torch_libraries}/libtorch_cuda.so OUTPUT_VARIABLE needed ERROR_QUIET)
    if(needed MATCHES "not found")
      set(TORCH_CUDA OFF)
      message(STATUS "Torch is a CUDA build without its CUDA libraries: linked for the CPU only")
    else()
      set(TORCH_CUDA ON)
    endif()
  endif()

  if(NOT EXISTS ${torch_libraries}/libtorch_cuda.so OR (TORCH_CUDA AND TORCH_NVCC))
    set(kineto_LIBRARY kineto)  # not in the wheels and not needed here: asked for, it would be warned about
    find_package(Torch ${Torch_FIND_VERSION} CONFIG QUIET)
    list(REMOVE_ITEM TORCH_LIBRARIES kineto)
    unset(kineto_LIBRARY)
  elseif(Torch_VERSION VERSION_GREATER_EQUAL Torch_FIND_VERSION)
    add_library(torch INTERFACE IMPORTED)
    target_include_directories(torch INTERFACE ${TORCH_INSTALL_PREFIX}/include
                                               ${TORCH_INSTALL_PREFIX}/include/torch/csrc/api/include)
    target_compile_features(torch INTERFACE cxx_std_20)
    target_link_libraries(torch INTERFACE ${torch_libraries}/libtorch_cpu.so ${torch_libraries}/libc10.so)
    if(TORCH_CUDA)
      # Nothing calls libtorch_cuda by name: it registers its kernels when it is loaded, and a linker that drops unused
      # libraries would drop the GPU. (Torch's own configuration does the same.)
      target_link_libraries(torch INTERFACE
        "-Wl,--push-state,--no-as-needed,${torch_libraries}/libtorch_cuda.so,${torch_libraries}/libc10_cuda.so,--pop-state")
    endif()
    # Where pip puts the CUDA libraries; the loader finds them by Torch's own RPATH, the linker has to be told.
    file(GLOB torch_cuda_folders ${TORCH_INSTALL_PREFIX}/../nvidia/*/lib)
    foreach(folder ${torch_cuda_folders})
      target_link_options(torch INTERFACE -Wl,-rpath-link,${folder})
    endforeach()
  endif()
endif()

include(FindPackageHandleStandardArgs)
if(TARGET torch)
  set(TORCH_TARGET torch)
endif()
find_package_handle_standard_args(Torch REQUIRED_VARS TORCH_TARGET TORCH_INSTALL_PREFIX VERSION_VAR Torch_VERSION
  REASON_FAILURE_MESSAGE "Torch is missing: run tools/setup, or set Torch_DIR to the folder of a TorchConfig.cmake")
