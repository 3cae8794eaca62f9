;; Looks around, and tries to open the database.
(module
  (import "spin:sqlite/sqlite@3.1.0" "[static]connection.open" (func $open (param i32 i32 i32)))
  (import "wasi:cli/environment@0.2.0" "get-environment" (func $environment (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "default")
  (global $next (mut i32) (i32.const 1024))
  (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
    (global.get $next)
    ;; Always a multiple of eight, which suits everything.
    (global.set $next
      (i32.and (i32.add (i32.add (global.get $next) (local.get $size)) (i32.const 7)) (i32.const -8))))
  (func (export "test:part/part@0.1.0#found") (result i32)
    ;; A list: its place, then its length.
    (call $environment (i32.const 0))
    ;; A result: 0 is ok.
    (call $open (i32.const 64) (i32.const 7) (i32.const 16))
    (i32.add
      (i32.load (i32.const 4))
      (select (i32.const 0) (i32.const 4) (i32.load8_u (i32.const 16)))))
)
