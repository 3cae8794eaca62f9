;; Answers with a status of three digits: which request of this instance it is, counted from 2; how many environment
;; variables it has; and what its part found.
(module
  (import "wasi:http/types@0.2.0" "[constructor]fields" (func $fields (result i32)))
  (import "wasi:http/types@0.2.0" "[constructor]outgoing-response" (func $response (param i32) (result i32)))
  (import "wasi:http/types@0.2.0" "[method]outgoing-response.set-status-code"
    (func $set-status (param i32 i32) (result i32)))
  (import "wasi:http/types@0.2.0" "[static]response-outparam.set"
    (func $set (param i32 i32 i32 i32 i64 i32 i32 i32 i32)))
  (import "wasi:cli/environment@0.2.0" "get-environment" (func $environment (param i32)))
  (import "test:part/part@0.1.0" "found" (func $found (result i32)))
  (memory (export "memory") 1)
  (global $next (mut i32) (i32.const 1024))
  (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
    (global.get $next)
    ;; Always a multiple of eight, which suits everything.
    (global.set $next
      (i32.and (i32.add (i32.add (global.get $next) (local.get $size)) (i32.const 7)) (i32.const -8))))
  (global $asked (mut i32) (i32.const 1))
  (func (export "wasi:http/incoming-handler@0.2.0#handle") (param $request i32) (param $out i32)
    (local $response i32)
    (global.set $asked (i32.add (global.get $asked) (i32.const 1)))
    ;; A list: its place, then its length.
    (call $environment (i32.const 0))
    (local.set $response (call $response (call $fields)))
    (drop
      (call $set-status
        (local.get $response)
        (i32.add
          (i32.add
            (i32.mul (global.get $asked) (i32.const 100))
            (i32.mul (i32.load (i32.const 4)) (i32.const 10)))
          (call $found))))
    (call $set
      (local.get $out)
      (i32.const 0)
      (local.get $response)
      (i32.const 0) (i64.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
)
