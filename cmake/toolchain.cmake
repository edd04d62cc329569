# The language level, warnings, ccache, linker and sanitizers of every target.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# One flag for programs and libraries (CMake gives them -fPIE and -fPIC), so that they can share precompiled headers.
add_compile_options(-fPIE)
add_link_options(-pie)

find_program(KFS_CCACHE ccache)
if(KFS_CCACHE)
  # The sloppiness flags are needed for precompiled headers (ccache manual, "Precompiled headers"). The base directory
  # and NOHASHDIR let checkouts in different folders share object files (ccache manual, "Compiling in different
  # directories").
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${KFS_CCACHE})
endif()

include(CheckCXXSourceCompiles)
foreach(linker mold gold)
  find_program(KFS_LINKER_${linker} NAMES ${linker} ld.${linker})
  if(KFS_LINKER_${linker})
    set(CMAKE_REQUIRED_LINK_OPTIONS -fuse-ld=${linker})
    check_cxx_source_compiles("int main() { return 0; }" KFS_LINKS_WITH_${linker})
    unset(CMAKE_REQUIRED_LINK_OPTIONS)
    if(KFS_LINKS_WITH_${linker})
      add_link_options(-fuse-ld=${linker})
      break()
    endif()
  endif()
endforeach()

set(KFS_SANITIZE "" CACHE STRING "Sanitizers to build with, e.g. address,undefined or thread")
if(KFS_SANITIZE)
  # GCC's manual warns of false "maybe uninitialized" warnings with sanitizers.
  add_compile_options(-fsanitize=${KFS_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all
                      -Wno-maybe-uninitialized)
  add_link_options(-fsanitize=${KFS_SANITIZE})
  if(KFS_SANITIZE MATCHES thread)
    # Asio's headers use fences. GCC warns for each that ThreadSanitizer does not see it.
    add_compile_options(-Wno-tsan)
  endif()
endif()

option(KFS_WARNINGS_AS_ERRORS "Fail on a compiler warning; for CI, where the compiler's version is known" OFF)

# GCC's garbage collector takes a tenth of the compile time by default. It now starts at 512 MiB, which costs up to 90 MB
# of memory for each compiler process.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(--param=ggc-min-heapsize=524288)
endif()

# For a clean build: templates of CAF and of Boost.Test are compiled once for several files. The preset debug, for work on
# the code, compiles each file alone.
option(KFS_UNITY "Compile several files as one: a faster clean build, a slower build after a change" ON)

# kfs_unity(TARGET FILES): compiles that many files of the target as one; 0 compiles all as one. GCC's warning of an
# anonymous namespace in an included file fits no file that is compiled in this way.
function(kfs_unity target files)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${KFS_UNITY} UNITY_BUILD_BATCH_SIZE ${files})
  target_compile_options(${target} PRIVATE -Wno-subobject-linkage)
endfunction()

# Every library and executable of this project links these flags.
add_library(kfs_build_flags INTERFACE)
target_compile_options(kfs_build_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
                       -Woverloaded-virtual $<$<BOOL:${KFS_WARNINGS_AS_ERRORS}>:-Werror> -fpch-preprocess
                       -ffile-prefix-map=${PROJECT_SOURCE_DIR}=.)
target_include_directories(kfs_build_flags INTERFACE ${PROJECT_SOURCE_DIR})

# kfs_library(NAME SOURCES...): a static library with the project's flags, one for each folder.
function(kfs_library name)
  add_library(${name} STATIC ${ARGN})
  target_link_libraries(${name} PUBLIC kfs_build_flags)
endfunction()

# kfs_precompiled_header(NAME LINK libraries... HEADERS <header>...): a precompiled header that targets with the same flags
# share: target_precompile_headers(TARGET REUSE_FROM NAME). It is a target of its own, so that a target that uses it
# waits for nothing else. CMake suppresses warnings of precompiled headers; where warnings are errors, our own headers
# are therefore compiled once more, without it.
function(kfs_precompiled_header name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "LINK;HEADERS")
  set(sources ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp)
  file(CONFIGURE OUTPUT ${sources} CONTENT "\n")
  if(KFS_WARNINGS_AS_ERRORS)
    set(checked ${CMAKE_CURRENT_BINARY_DIR}/${name}_checked.cpp)
    set(own_headers ${arg_HEADERS})
    list(FILTER own_headers INCLUDE REGEX "^<(config|processors|actors|http)/")
    list(TRANSFORM own_headers PREPEND "#include ")
    list(JOIN own_headers "\n" text)
    file(CONFIGURE OUTPUT ${checked} CONTENT "${text}\n")
    set_source_files_properties(${checked} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
    list(APPEND sources ${checked})
  endif()
  add_library(${name} OBJECT ${sources})
  target_link_libraries(${name} PRIVATE kfs_build_flags ${arg_LINK})
  target_precompile_headers(${name} PRIVATE ${arg_HEADERS})
  if(KFS_CCACHE)
    # GCC does not recognize a header in which a comment has changed since, although the preprocessed text is the same. So
    # ccache has to compare the headers themselves (ccache manual, "The depend mode").
    set(launcher ${CMAKE_CXX_COMPILER_LAUNCHER})
    list(INSERT launcher 3 CCACHE_DEPEND=1)
    set_target_properties(${name} PROPERTIES CXX_COMPILER_LAUNCHER "${launcher}")
  endif()
endfunction()
