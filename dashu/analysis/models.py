"""No tables: analysts read views. Django tells only apps with a module of this name that it migrates."""
