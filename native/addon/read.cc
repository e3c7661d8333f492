#include "addon/read.h"

namespace biovil {
namespace {

template <typename T>
struct Literal {
  const char* text;
  T value;
};

// binding.d.ts: ElementType
constexpr Literal<ElementType> kElementTypes[] = {
    {"float32", ElementType::kFloat32},
    {"int32", ElementType::kInt32},
    {"uint8", ElementType::kUint8},
};

// binding.d.ts: Precision
constexpr Literal<StoredType> kPrecisions[] = {
    {"float32", StoredType::kFloat32},
    {"float16", StoredType::kFloat16},
    {"bfloat16", StoredType::kBfloat16},
};

// binding.d.ts: StoredType
constexpr Literal<StoredType> kStoredTypes[] = {
    {"float32", StoredType::kFloat32}, {"float16", StoredType::kFloat16}, {"bfloat16", StoredType::kBfloat16},
    {"float64", StoredType::kFloat64}, {"int64", StoredType::kInt64},
};

[[noreturn]] void wrong(Napi::Env env, const char* name, const char* expected) {
  throw coded(Napi::TypeError::New(env, std::string("Expected ") + expected + " for " + name),
              "ERR_INVALID_ARG_TYPE");
}

int64_t to_integer(Napi::Value value, const char* name) {
  double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : -1;
  if (!(number >= 0 && number <= 9007199254740991.0) ||
      number != static_cast<double>(static_cast<int64_t>(number))) {
    wrong(value.Env(), name, "a whole number");
  }
  return static_cast<int64_t>(number);
}

std::string to_string(Napi::Value value, const char* name) {
  if (!value.IsString()) wrong(value.Env(), name, "a string");
  return value.As<Napi::String>().Utf8Value();
}

template <typename T, size_t N>
T read_literal(Napi::Object from, const char* name, const Literal<T> (&literals)[N]) {
  std::string text = read_string(from, name);
  for (const Literal<T>& literal : literals) {
    if (text == literal.text) return literal.value;
  }
  wrong(from.Env(), name, "one of the type names of binding.d.ts");
}

}  // namespace

Napi::Object as_object(Napi::Value value, const char* what) {
  if (!value.IsObject()) wrong(value.Env(), what, "an object");
  return value.As<Napi::Object>();
}

Napi::Array as_array(Napi::Value value, const char* what) {
  if (!value.IsArray()) wrong(value.Env(), what, "an array");
  return value.As<Napi::Array>();
}

std::string read_string(Napi::Object from, const char* name) { return to_string(from.Get(name), name); }

bool read_boolean(Napi::Object from, const char* name) {
  Napi::Value value = from.Get(name);
  if (!value.IsBoolean()) wrong(from.Env(), name, "a boolean");
  return value.As<Napi::Boolean>();
}

int64_t read_integer(Napi::Object from, const char* name) { return to_integer(from.Get(name), name); }

std::vector<std::string> read_strings(Napi::Object from, const char* name) {
  Napi::Array array = read_array(from, name);
  std::vector<std::string> strings;
  for (uint32_t i = 0; i < array.Length(); i++) strings.push_back(to_string(array.Get(i), name));
  return strings;
}

std::vector<int64_t> read_integers(Napi::Object from, const char* name) {
  Napi::Array array = read_array(from, name);
  std::vector<int64_t> integers;
  for (uint32_t i = 0; i < array.Length(); i++) integers.push_back(to_integer(array.Get(i), name));
  return integers;
}

Napi::Array read_array(Napi::Object from, const char* name) { return as_array(from.Get(name), name); }

ElementType read_element_type(Napi::Object from, const char* name) {
  return read_literal(from, name, kElementTypes);
}
StoredType read_precision(Napi::Object from, const char* name) {
  return read_literal(from, name, kPrecisions);
}
StoredType read_stored_type(Napi::Object from, const char* name) {
  return read_literal(from, name, kStoredTypes);
}

Napi::TypedArray read_typed_array(Napi::Object from, const char* name) {
  Napi::Value value = from.Get(name);
  if (!value.IsTypedArray()) wrong(from.Env(), name, "a typed array");
  return value.As<Napi::TypedArray>();
}

}  // namespace biovil
