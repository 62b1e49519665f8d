// JSON values for NDJSON output; the only door to the JSON library.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sockbox::report {

// A JSON value being built. Objects keep their members in the order they were set. Text may hold
// any bytes: what is not valid UTF-8 is written as \xNN characters. Numbers that JSON cannot say
// (NaN, infinities) become null.
class Json {
  public:
    static Json object();
    static Json array();

    Json();  // null
    Json(std::nullptr_t) : Json() {}
    Json(bool value);
    Json(int value);
    Json(unsigned value);
    Json(long value);
    Json(unsigned long value);
    Json(long long value);
    Json(unsigned long long value);
    Json(double value);
    Json(std::string_view text);
    Json(const char* text) : Json(std::string_view(text)) {}
    Json(const std::string& text) : Json(std::string_view(text)) {}
    template <class T>
    Json(const std::optional<T>& value) : Json(value ? Json(*value) : Json()) {}

    Json(const Json& other);
    Json(Json&& other) noexcept;
    Json& operator=(Json other) noexcept;
    ~Json();

    // Sets a member of an object, in place where it is there already.
    Json& set(std::string_view name, Json value);
    // Appends to an array.
    Json& push(Json value);

    // One line, without its end.
    std::string to_string() const;

  private:
    struct Value;
    std::unique_ptr<Value> value_;
};

// {"symbol": …, "code": …, "message": …}; an empty symbol is null.
Json error_object(std::string_view symbol, int code, std::string_view message);

// An object that begins as every line of output does: {"tool": …, "event": …}.
Json event(std::string_view tool, std::string_view name);

}  // namespace sockbox::report
