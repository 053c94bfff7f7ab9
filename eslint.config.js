import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const ROOMS = ['gateway/**', 'schema/**', 'subgraphs/**', 'workflows/**'];

/** Every exported function, class and constant says what it answers, refuses and touches. */
const docstring = {
  meta: {
    type: 'suggestion',
    schema: [],
    messages: { missing: '`{{name}}` is exported: give it a docstring of one to four lines.' },
  },
  create(context) {
    return {
      ExportNamedDeclaration(node) {
        const declared = node.declaration;
        if (!['FunctionDeclaration', 'ClassDeclaration', 'VariableDeclaration'].includes(declared?.type)) return;
        const before = context.sourceCode.getCommentsBefore(node).at(-1);
        if (before?.type === 'Block' && before.value.startsWith('*')) return;
        const name = declared.id?.name ?? declared.declarations?.[0]?.id?.name ?? 'this';
        context.report({ node, messageId: 'missing', data: { name } });
      },
    };
  },
};

const shapes = [
  { selector: 'TSEnumDeclaration', message: 'A const object and a union, never an enum.' },
  {
    selector: 'ExportDefaultDeclaration',
    message: 'Name what you export; a file is named for its main export.',
  },
  { selector: 'ExportAllDeclaration', message: 'No re-exports: import from the file that makes it.' },
  {
    selector: 'ExportNamedDeclaration[source]',
    message: 'No re-exports: import from the file that makes it.',
  },
];

const environment = {
  selector: 'MemberExpression[object.name="process"][property.name="env"]',
  message: 'Only a config.ts or main.ts reads the environment, by one schema.',
};

export default tseslint.config(
  { ignores: ['node_modules/', '.weft/', 'coverage/', 'dist/', '**/fixtures/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked.map((config) => ({ ...config, files: ['**/*.ts'] })),
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      // Express hands its own Request to middleware that asks for Node's.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-non-null-assertion': 'warn',
      // An interface's method may be async for the sake of its other implementations.
      '@typescript-eslint/require-await': 'off',
      // A type parameter used once still names what the caller gets back (rows of a query).
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
    },
  },
  {
    rules: {
      // `== null` is the one idiom for what may be absent or null, as GraphQL's arguments are.
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      complexity: ['warn', 20],
      'max-depth': ['warn', 4],
      'max-lines': ['warn', 300],
      'no-console': 'error',
      'no-restricted-syntax': ['error', ...shapes, environment],
    },
  },
  { files: ROOMS, plugins: { house: { rules: { docstring } } }, rules: { 'house/docstring': 'warn' } },
  {
    files: ['**/main.ts', '**/config.ts', 'gateway/no-telemetry.ts', 'tests/**'],
    rules: { 'no-restricted-syntax': ['error', ...shapes] },
  },
  { files: ['gateway/cli/**', 'gateway/up/**', 'tests/**'], rules: { 'no-console': 'off' } },
  {
    files: ['tests/**/*.ts'],
    rules: {
      // Rows, JSON and GraphQL answers are taken apart freely here: an assertion that is wrong fails the test.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/unbound-method': 'off',
      'max-lines': ['warn', 500],
    },
  },
  {
    files: ['**/*.js', '**/*.cjs'],
    languageOptions: {
      globals: {
        console: 'readonly',
        module: 'writable',
        process: 'readonly',
        URL: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
      },
    },
    rules: { 'no-console': 'off', 'no-restricted-syntax': 'off' },
  },
  {
    files: ['gateway/console/**'],
    languageOptions: {
      globals: {
        document: 'readonly',
        fetch: 'readonly',
        history: 'readonly',
        location: 'readonly',
        sessionStorage: 'readonly',
        setInterval: 'readonly',
        URLSearchParams: 'readonly',
      },
    },
  },
);
