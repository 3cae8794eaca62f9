;; spin:sqlite, denied: opening always answers `access-denied`, so there is never a connection to call the rest on.
(module
  (memory (export "memory") 1)
  ;; err(access-denied)
  (data (i32.const 0) "\01\00\00\00\01\00\00\00")
  ;; Arguments are not looked at: they may all lie over each other, past the answer.
  (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
    (block $fits
      (loop $grow
        (br_if $fits
          (i32.le_u (i32.add (i32.const 64) (local.get $size)) (i32.mul (memory.size) (i32.const 65536))))
        (br_if $grow (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))
        (unreachable)))
    (i32.const 64))
  (func $open
    (export "spin:sqlite/sqlite@3.1.0#[static]connection.open")
    (export "spin:sqlite/sqlite@3.1.0#[static]connection.open-async")
    (param i32 i32) (result i32)
    (i32.const 0))
  (func $never-execute
    (export "spin:sqlite/sqlite@3.1.0#[method]connection.execute")
    (export "spin:sqlite/sqlite@3.1.0#[method]connection.execute-async")
    (param i32 i32 i32 i32 i32) (result i32)
    (unreachable))
  (func $never-number
    (export "spin:sqlite/sqlite@3.1.0#[method]connection.last-insert-rowid")
    (export "spin:sqlite/sqlite@3.1.0#[method]connection.last-insert-rowid-async")
    (export "spin:sqlite/sqlite@3.1.0#[method]connection.changes")
    (export "spin:sqlite/sqlite@3.1.0#[method]connection.changes-async")
    (param i32) (result i64)
    (unreachable))
)
