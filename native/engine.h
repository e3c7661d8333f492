// The C table between biovil.node (Node-API, no libtorch) and libbiovil_engine.so (libtorch, no Node-API).
//
// Rules: plain data only; no exception crosses; whoever is called copies what it keeps. It says nothing of
// the format of a program, so that something else may take TorchScript's place. Any change needs a new
// kEngineAbi.
#pragma once

#include <cstddef>
#include <cstdint>

namespace biovil {

constexpr uint32_t kEngineAbi = 2;
constexpr char kEngineSymbol[] = "biovil_engine";

/// Filled in by a function that fails; `code` is a stable code of lib/errors.ts.
struct Failure {
  char code[40];
  char message[4056];
};

enum class ElementType : int32_t { kFloat32, kInt32, kUint8 };
enum class StoredType : int32_t { kFloat32, kFloat16, kBfloat16, kFloat64, kInt64 };

/// A dense row-major tensor in host memory that someone else owns.
struct TensorView {
  ElementType type;
  const void* data;
  const int64_t* dims;
  size_t rank;
};

/// A weight: a strided view of the bytes of file `file`. Null strides mean row-major.
struct Parameter {
  const char* name;
  size_t file;
  StoredType type;
  const int64_t* shape;
  const int64_t* strides;
  size_t rank;
  uint64_t offset;
};

/// A file of weights. `identity` is `device:inode:bytes:mtime` of the one that is meant, the time in
/// nanoseconds; null: whatever is there.
struct WeightSource {
  const char* path;
  const char* identity;
};

struct ProgramSpec {
  const char* graph;
  const char* const* methods;
  size_t method_count;
  const WeightSource* files;
  size_t file_count;
  const Parameter* parameters;
  size_t parameter_count;
  const char* device;
  StoredType precision;
  /// Whether weights may be NaN or infinite in `precision`.
  bool allow_non_finite;
};

struct DeviceInfo {
  char id[16];
  char name[112];
  uint64_t total_memory;
};

struct Program;
struct Results;

struct Engine {
  /// First for ever, so that an addon of any build can read it.
  uint32_t abi;
  /// Version of the libtorch headers that the engine was compiled against.
  const char* compiled_for;

  /// Settings of libtorch that hold for the whole process. Once, before everything below. Any thread.
  bool (*configure)(Failure* failure);
  /// Whether CUDA may compute float32 products and convolutions in TF32. Any thread.
  bool (*tf32)();
  /// Writes at most `capacity` devices and returns how many there are, or 0 on failure. Any thread.
  size_t (*devices)(DeviceInfo* out, size_t capacity, Failure* failure);
  /// Intra-op threads of the calling thread; 0 means the physical cores that it may use. The device's thread.
  bool (*set_threads)(int32_t threads, Failure* failure);
  /// Null on failure. The device's thread, as is `run`.
  Program* (*load)(const ProgramSpec* spec, Failure* failure);
  /// Runs a method; null on failure. The results are float32, row-major, in host memory.
  Results* (*run)(Program* program, const char* method, const TensorView* inputs, size_t count,
                  Failure* failure);
  /// Any thread.
  size_t (*result_count)(const Results* results);
  TensorView (*result)(const Results* results, size_t index);
  void (*free_results)(Results* results);
  void (*free_program)(Program* program);
};

}  // namespace biovil

/// The only symbol that the engine exports.
extern "C" const biovil::Engine* biovil_engine();
