# Everything a target of ours is built with: warnings, MLIR from the two shared libraries, precompiled MLIR headers.

# The installed MLIR config leaves this off, and its helpers then pull static archives beside libMLIR.so.
set(MLIR_LINK_MLIR_DYLIB ON)
set(LLVM_LINK_LLVM_DYLIB ON)
find_package(MLIR 22.1 REQUIRED CONFIG HINTS /usr/lib/llvm-22/lib/cmake/mlir)
list(APPEND CMAKE_MODULE_PATH ${MLIR_CMAKE_DIR} ${LLVM_CMAKE_DIR})
include(TableGen)
include(AddLLVM)
include(AddMLIR)
find_package(Eigen3 3.4 REQUIRED NO_MODULE)

option(MLC_SANITIZE "Build with address and undefined-behaviour sanitizers" OFF)
if(MLC_SANITIZE)
  # Not `function`: before it calls a kernel it reads a hash there that only clang puts before functions, and that may be
  # the page before the kernel's.
  # -O1, for the time it takes to build.
  add_compile_options(-fsanitize=address,undefined -fno-sanitize=function -fno-sanitize-recover=all
    -fno-omit-frame-pointer -O1 -g1)
  add_link_options(-fsanitize=address,undefined)
  add_library(mlc_sanitizer_options OBJECT ${CMAKE_SOURCE_DIR}/cmake/SanitizerOptions.cpp)
  link_libraries($<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:$<TARGET_OBJECTS:mlc_sanitizer_options>>)
endif()

add_compile_options(-Wall -Wextra -Werror -Wno-unused-parameter)
include_directories(${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR} ${CMAKE_SOURCE_DIR}/runtime/include ${CMAKE_SOURCE_DIR}/compiler/include)

# The precompiled MLIR headers, made once and used by every library below. Not written anew where it is there:
# what is newer than the headers would be compiled again after every run of CMake.
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/mlir_pch.cpp CONTENT "// holds the precompiled headers\n")
add_library(mlc_mlir_pch STATIC ${CMAKE_BINARY_DIR}/mlir_pch.cpp)
target_include_directories(mlc_mlir_pch SYSTEM PUBLIC ${MLIR_INCLUDE_DIRS} ${LLVM_INCLUDE_DIRS})
target_precompile_headers(mlc_mlir_pch PRIVATE ${CMAKE_SOURCE_DIR}/cmake/mlir_pch.h)

# Code that walks IR is as fast at -O1 (its time goes into libMLIR and libLLVM) and builds in half the time.
set(MLC_IR_OPTIONS $<$<CONFIG:Release>:-O1>)
target_compile_options(mlc_mlir_pch PRIVATE ${MLC_IR_OPTIONS})

# Compiling allocates much, in small pieces: mimalloc takes the place of the C library's malloc in a program that it is
# linked to first. Libraries leave that choice to who links them, sanitizers bring their own.
function(mlc_use_mimalloc name)
  if(NOT MLC_SANITIZE)
    find_package(mimalloc 2.0 REQUIRED)
    target_link_options(${name} BEFORE PRIVATE -Wl,--no-as-needed $<TARGET_FILE:mimalloc> -Wl,--as-needed)
  endif()
endfunction()

# A library that knows MLIR. Sources, then `LINK` and what it needs of ours. NUMERIC: it computes, so -O3.
function(mlc_add_mlir_library name)
  cmake_parse_arguments(ARG "NUMERIC" "" "LINK;DEPENDS" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_include_directories(${name} SYSTEM PUBLIC ${MLIR_INCLUDE_DIRS} ${LLVM_INCLUDE_DIRS})
  target_link_libraries(${name} PUBLIC ${ARG_LINK} MLIR LLVM)
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
  if(ARG_NUMERIC)
    target_precompile_headers(${name} PRIVATE ${CMAKE_SOURCE_DIR}/cmake/mlir_pch.h)
  else()
    target_compile_options(${name} PRIVATE ${MLC_IR_OPTIONS})
    target_precompile_headers(${name} REUSE_FROM mlc_mlir_pch)
  endif()
endfunction()

# A library or tool without MLIR.
function(mlc_add_library name)
  cmake_parse_arguments(ARG "" "" "LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PUBLIC ${ARG_LINK})
endfunction()
